"""``/webmention``: the endpoint (W3C Recommendation, receiver), and the form for people who send one by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

from service.languages import gettext, sentence, spoken
from service.receive import claim as claims
from service.receive import form
from service.receive.accepted import is_browser, names_json
from service.receive.claim import Claim
from service.receive.headers import ANY_ORIGIN, ENDPOINT, METHODS, PREFLIGHT, explain
from service.receive.intake import Intake
from service.receive.pages import page
from service.receive.taking import Receipt
from service.values import clean
from service.values.address import LONGEST, BadAddress, parse
from service.values.reason import Refused
from service.values.state import Protocol

NAME = "webmention"
ALLOWED = "GET, HEAD, OPTIONS, POST"
_FORM_AGE = "public, max-age=300"


def register(room: Blueprint, intake: Intake, base_url: str) -> None:
    """Adds the route."""

    @room.route("/webmention", endpoint=NAME, methods=METHODS, provide_automatic_options=False)
    def webmention() -> Response | Redirect:
        if request.method in ("GET", "HEAD"):
            return _form(request.args)
        if request.method == "OPTIONS":
            return Response(status=204, headers=[("Allow", ALLOWED), *ANY_ORIGIN, *PREFLIGHT])
        if request.method != "POST":
            raise Refused("wrong_method")
        claim = _claim()
        return _taken(claim, intake.receive(claim), base_url)


def refuse(refusal: Refused) -> Response:
    """One sentence: on the form again for a browser, as JSON where it is asked for, else as text."""
    status = refusal.reason.meaning.http
    said = sentence(refusal.reason, spoken())
    if is_browser():
        answer = page("form", status, source=_given("source"), target=_given("target"), wrong=said)
        answer.headers["Cache-Control"] = "no-store"
    elif names_json():
        answer = _json({"error": refusal.reason.code, "error_description": said}, status)
    else:
        answer = _text(said, status)
    return explain(answer, refusal, ALLOWED)


def _form(given: Mapping[str, str]) -> Response:
    """The form, filled with what the address names; a GET never records anything."""
    source, target = (clean.line(given.get(name, ""), LONGEST) for name in ("source", "target"))
    answer = page("form", source=source, target=target)
    answer.headers["Cache-Control"] = _FORM_AGE
    return answer


def _claim() -> Claim:
    fields = form.fields()
    return claims.read(
        Protocol.WEBMENTION,
        form.one(fields, "source"),
        form.one(fields, "target"),
        received=datetime.now(UTC),
        sender=request.remote_addr or "",
        hints=_vouch(fields),
    )


def _vouch(fields: form.Fields) -> Mapping[str, str]:
    """Who vouches for the source, if that is an address. All other parameters are ignored: a ``code`` opens doors."""
    try:
        return {"vouch": parse(fields["vouch"][0]).url}
    except (KeyError, BadAddress):
        return claims.NO_HINTS


def _taken(claim: Claim, receipt: Receipt, base_url: str) -> Response | Redirect:
    if is_browser():
        return redirect(url_for("receive.status", uid=receipt.uid), 303)
    location = f"{base_url}/webmention/{receipt.uid}"
    summary = gettext("The webmention is queued.")
    if names_json():
        told = {"status": "queued", "summary": summary, "location": location}
        answer = _json({**told, "source": claim.source.url, "target": claim.target.url}, 201)
    else:
        answer = _text(f"{summary}\n{location}", 201)
    answer.headers["Location"] = location
    return answer


def _given(name: str) -> str:
    try:
        return clean.line(form.fields().get(name, [""])[0], LONGEST)
    except (Refused, RequestEntityTooLarge):
        return ""


def _json(told: Mapping[str, str], status: int) -> Response:
    return _answer(json.dumps(told, ensure_ascii=False) + "\n", status, "application/json")


def _text(words: str, status: int) -> Response:
    return _answer(words + "\n", status, "text/plain; charset=utf-8")


def _answer(body: str, status: int, kind: str) -> Response:
    return Response(body, status, [*ENDPOINT, *ANY_ORIGIN, ("Vary", "Accept, Accept-Language")], content_type=kind)
