"""Published bytes → the answer: offered to the door, which gives them to the next readers from memory."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from service.languages import sentence, spoken
from service.publish.bytes import Bytes
from service.publish.headers import EVERYWHERE, Headers
from service.values.held import HOLD, HeldAnswer
from service.values.reason import Refused

VARY = ("Vary", "Accept-Encoding")


def give(made: Bytes, headers: Headers, *, hold: bool = True) -> Response:
    """The answer with these bytes, encoded as the reader takes it; the door may keep it if ``hold``, once the bytes
    are compressed for all."""
    headers = EVERYWHERE + headers
    offer = request.environ.get(HOLD)
    if offer is not None and hold and made.ready:
        offer(HeldAnswer(200, (*headers, VARY), made.etag, made.body, made.gzip, made.br))
        return Response()  # the door makes this reader's answer too, with its tags and conditions
    coding = request.accept_encodings.best_match(("br", "gzip"))
    made = made.packed(coding)
    response = Response(made.encoded(coding), headers=[*headers, VARY])
    response.headers["ETag"] = made.etag if coding is None else f'{made.etag[:-1]}-{coding}"'
    if coding is not None:
        response.headers["Content-Encoding"] = coding
    return response.make_conditional(request)  # type: ignore[return-value]


def give_packed(made: Bytes, headers: Headers, *, hold: bool = True) -> Response:
    """The answer with bytes that no coding makes smaller; the door may keep it if ``hold``."""
    headers = EVERYWHERE + headers
    offer = request.environ.get(HOLD)
    if offer is not None and hold:
        offer(HeldAnswer(200, headers, made.etag, made.body))
        return Response()
    response = Response(made.body, headers=list(headers))
    response.headers["ETag"] = made.etag
    return response.make_conditional(request)  # type: ignore[return-value]


def refuse(refusal: Refused, headers: Headers) -> Response:
    """The refusal as ``application/problem+json`` (RFC 9457), never kept."""
    status = status_of(refusal)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": Response(status=status).status.partition(" ")[2].capitalize(),
        "status": status,
        "detail": sentence(refusal.reason, spoken()),
        "reason": refusal.reason.code,
    }
    body = json.dumps(problem, ensure_ascii=False)
    response = Response(body, status, list(EVERYWHERE + headers), content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response


def status_of(refusal: Refused) -> int:
    """A page of nobody's is not found; what can't be read as a question is refused."""
    return 404 if refusal.reason.code == "unknown_site" else refusal.reason.meaning.http


def json_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
