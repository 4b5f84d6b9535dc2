"""The moderation API, ``/api/v1/reflections``: the dashboard for scripts, with a site's token as bearer (RFC 6750).

It reads no cookie and answers no other origin; a token reaches its own site and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.bell import Bell
from service.database import db
from service.languages import gettext, sentence, spoken
from service.model import site as sites
from service.moderate import as_json, asked, items, telling
from service.moderate.batches import MOST, in_turns
from service.moderate.decisions import Conflict, Decided, Decider, Decision, Result, decide
from service.moderate.problems import Problem
from service.people.roles import site_alone
from service.values.portrait import is_hash
from service.values.reason import Refused
from service.values.state import State

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BIGGEST = 2**31 - 1
_STATUS = {"not_there": 404, "no_revision": 422}

Answer = Callable[[int], Response]
"""Answers a request for a site."""


def blueprint(bell: Bell) -> Blueprint:
    """The API's routes; ``bell`` wakes the workers where something is to be verified again."""
    room = Blueprint("api", __name__, url_prefix="/api/v1/reflections")
    room.register_error_handler(Problem, Problem.answer)

    @room.after_request
    def dress(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @room.route("", methods=_METHODS)
    def reflections() -> Response:
        return _by_method({"GET": _list})

    @room.route("/<uid>", methods=_METHODS)
    def reflection(uid: str) -> Response:
        return _by_method({"GET": lambda site: _one(site, uid), "PATCH": lambda site: _patch(site, uid, bell)})

    @room.route("/decide", methods=_METHODS)
    def decide_many() -> Response:
        return _by_method({"POST": lambda site: _decide(site, bell)})

    return room


def _by_method(works: Mapping[str, Answer]) -> Response:
    site = _site()
    method = "GET" if request.method == "HEAD" else request.method
    if method not in works:
        raise Problem(405, _reason("wrong_method"), {"Allow": ", ".join(works)})
    return works[method](site)


def _site() -> int:
    """The site of the bearer token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = sites.by_token(db.session(), token.strip()) if scheme.lower() == "bearer" and token.strip() else None
    if found is None:
        error = ' error="invalid_token"' if token else ""
        raise Problem(
            401,
            gettext("A site’s token is needed here, as “Authorization: Bearer …”."),
            {"WWW-Authenticate": f'Bearer realm="reflections"{"," if error else ""}{error}'},
        )
    return found.id


def _list(site: int) -> Response:
    try:
        wanted = asked.read(request.args)
    except Refused as refused:
        raise Problem(400, sentence(refused.reason, spoken())) from None
    page = items.page(db.session(), site_alone(site), wanted)
    return jsonify(reflections=[as_json.item(one) for one in page.items], next=str(page.next) if page.next else None)


def _one(site: int, uid: str) -> Response:
    found = items.one(db.session(), site_alone(site), uid)
    if found is None:
        raise Problem(404, gettext("There is no such item here."))
    return jsonify(as_json.item(found))


def _patch(site: int, uid: str, bell: Bell) -> Response:
    asked_for = _object(_json())
    decision = _decision(asked_for | {"id": uid}, asked_for.get("state"))
    (result,) = _decided(site, [decision], bell)
    if isinstance(result, Conflict):
        said = telling.conflict(result, datetime.now(UTC))
        raise Problem(_STATUS.get(result.why, 409), said, None, **as_json.overtaken(result))
    return _one(site, uid)


def _decide(site: int, bell: Bell) -> Response:
    body = _object(_json())
    wanted = body.get("decisions")
    if not isinstance(wanted, list) or len(wanted) > MOST:
        raise Problem(400, gettext("“decisions” must be a list of at most %(most)s.", most=MOST))
    decisions = [_decision(_object(one), body.get("state")) for one in wanted]
    return jsonify(results=[_result(result) for result in _decided(site, decisions, bell)])


def _decided(site: int, decisions: list[Decision], bell: Bell) -> list[Result]:
    decider, now = Decider("token", site_alone(site)), datetime.now(UTC)
    results = list(in_turns(lambda session, some: decide(session, decider, some, now), decisions))
    if any(isinstance(result, Decided) and result.state is State.RECEIVED for result in results):
        bell.ring("verify")
    return results


def _result(result: Result) -> dict[str, Any]:
    if isinstance(result, Decided):
        return {"id": result.uid, "state": result.state}
    return {"id": result.uid, "error": telling.conflict(result, datetime.now(UTC)), **as_json.overtaken(result)}


def _decision(given: Mapping[str, Any], to: object) -> Decision:
    """The decision that a JSON object asks for."""
    uid, came_from, words = given.get("id"), _state(given.get("from"), "from"), given.get("reason", "")
    if not isinstance(uid, str):
        raise Problem(400, _wrong("id"))
    if not isinstance(words, str):
        raise Problem(400, _wrong("reason"))
    if "seen" not in given and came_from is not State.FAILED:
        raise Problem(400, _reason("missing_parameter", parameter="seen"))
    seen, show = _revision(given.get("seen"), "seen"), _revision(given.get("show"), "show")
    return Decision(uid, came_from, _state(to, "state"), seen, show, words, _beside(given, seen))


def _beside(given: Mapping[str, Any], seen: int | None) -> str:
    """The ``picture`` that was seen, or of an item without a revision the number of the words that were ``sent``."""
    if seen is None:
        return str(_revision(given.get("sent"), "sent") or "")
    name = given.get("picture")
    if name is not None and not (isinstance(name, str) and is_hash(name)):
        raise Problem(400, _wrong("picture"))
    return name or ""


def _state(given: object, name: str) -> State:
    if given is None:
        raise Problem(400, _reason("missing_parameter", parameter=name))
    if not isinstance(given, str) or given not in set(State):
        raise Problem(400, _wrong(name))
    return State(given)


def _revision(given: object, name: str) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= _BIGGEST:
        raise Problem(400, _wrong(name))
    return given


def _json() -> object:
    if not request.is_json:
        raise Problem(415, gettext("The request must be JSON (application/json)."))
    try:
        return json.loads(request.get_data())
    except (RecursionError, ValueError):
        raise Problem(400, gettext("The request is not valid JSON.")) from None


def _object(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Problem(400, gettext("A JSON object is expected."))
    return given


def _wrong(name: str) -> str:
    return _reason("invalid_parameter", parameter=name)


def _reason(code: str, **details: Any) -> str:
    return sentence(Refused(code, **details).reason, spoken())
