"""What is said where no room has said it: headers, and answers to what nobody expected.

A room's own headers stand; these are for what it left out. A fault tells a stranger its number and nothing else
(CVE-2024-34069): the number leads to the traceback in the log.
"""

from __future__ import annotations

import json
import secrets

import structlog
from flask import Flask, Response, request
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service.languages import gettext, sentence, spoken
from service.values.reason import Reason

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
"""Where our address is an https one; it speaks for this host alone, which is the owner's."""

AGAIN = 5
"""Seconds after which it is worth asking again."""

AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, NoConnection, RedisError)
"""What passes by itself: a database that is away, locked or full, and Redis."""

_FULL = ("disk is full", "No space left on device")

log = structlog.get_logger()


def install(app: Flask, base_url: str) -> None:
    """Gives the app its last word on errors and headers."""
    headers = HEADERS | (TRANSPORT if base_url.startswith("https:") else {})

    @app.after_request
    def fill_in(response: Response) -> Response:
        there = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  # iterating it gives pairs
        for name, value in headers.items():
            if name.lower() not in there:
                response.headers.add(name, value)
        return response

    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(Exception, fault)
    for kind in AWAY:
        app.register_error_handler(kind, away)


def refuse(refusal: HTTPException) -> Response:
    """What is wrong with the request, in one sentence."""
    if refusal.response is not None or refusal.code is None or refusal.code < 400:
        return refusal.get_response()  # type: ignore[return-value]  # what was aborted with, or a redirect
    answer = _say(refusal.code, _sentence(refusal))
    if isinstance(refusal, MethodNotAllowed) and refusal.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(refusal.valid_methods))
    return answer


def away(failed: Exception) -> Response:
    """Nothing was kept, and it is worth trying again."""
    log.warning("answered 503", path=request.path, error=str(getattr(failed, "orig", None) or failed))
    said = str(failed) if isinstance(failed, DBAPIError) else ""
    if any(mark in said for mark in _FULL):
        answer = _say(503, gettext("There is no space left to keep anything; try again later."))
    else:
        answer = _say(503, sentence(Reason("busy"), spoken()))
    answer.headers["Retry-After"] = str(AGAIN)
    return answer


def fault(failed: Exception) -> Response:
    """A fault of ours: its number, by which the log's line is found."""
    number = secrets.token_hex(6)
    log.error("fault", number=number, path=request.path, exc_info=failed)
    return _say(500, gettext("Something went wrong here. Its number is %(number)s.", number=number))


def _sentence(refusal: HTTPException) -> str:
    match refusal.code:
        case 404:
            return gettext("There is nothing at this address.")
        case 405:
            return gettext("This address does not take %(method)s requests.", method=request.method)
        case 413:
            return gettext("The request is too large.")
        case 415:
            return gettext("The request's type is not one that is read here.")
        case _:
            return gettext("The request can't be answered as it is.")


def _say(status: int, said: str) -> Response:
    accepted = request.accept_mimetypes.best_match(["text/plain", "application/json"], "text/plain")
    if request.path.startswith("/api/") or accepted == "application/json":
        problem = {"type": "about:blank", "status": status, "detail": said}
        answer = Response(json.dumps(problem, ensure_ascii=False), status, content_type="application/problem+json")
    else:
        answer = Response(f"{said}\n", status, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer
