"""``GET /webmention/<id>``: what became of a claim, for as long as its item lives."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from babel.dates import format_datetime
from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.database import db
from service.languages import gettext, sentence, spoken
from service.model import Reflection
from service.receive.accepted import prefers_html
from service.receive.headers import ANY_ORIGIN, ENDPOINT, METHODS, explain
from service.receive.intake import Intake
from service.receive.pages import page
from service.receive.told import WORDS, word
from service.values.address import shown, stored
from service.values.reason import Refused
from service.values.state import Kind, State

NAME = "status"
ALLOWED = "GET, HEAD"
_UID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_UNSEEN = (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"))


def register(room: Blueprint, intake: Intake, base_url: str) -> None:
    """Adds the route."""

    @room.route("/webmention/<uid>", endpoint=NAME, methods=METHODS, provide_automatic_options=False)
    def status(uid: str) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers=[("Allow", ALLOWED), *ANY_ORIGIN])
        if request.method not in ("GET", "HEAD"):
            raise Refused("wrong_method")
        item = _item(uid)
        if item is None:
            return _unknown()
        return _page(item) if prefers_html() else _json(item)


def refuse(refusal: Refused) -> Response:
    """One sentence, as JSON or as a page."""
    status, said = refusal.reason.meaning.http, sentence(refusal.reason, spoken())
    return explain(_said(refusal.reason.code, said, status), refusal, ALLOWED)


def _item(uid: str) -> Reflection | None:
    """The linkback of this id; a comment's id is nobody's business here, and of an erased item nothing is left."""
    if not _UID.fullmatch(uid):
        return None
    return db.session.scalar(
        select(Reflection)
        .where(Reflection.uid == uid, Reflection.kind != Kind.COMMENT, Reflection.state != State.ERASED)
        .options(selectinload(Reflection.arrivals))
    )


def _json(item: Reflection) -> Response:
    named = word(item.state, item.reason)
    told = {
        "status": named,
        "summary": gettext(WORDS[named].summary),
        "source": item.source,
        "target": _target(item),
        "received": _time(item.received),
        "checked": _time(item.checked) if item.checked else None,
    }
    return _machine(told, 200)


def _page(item: Reflection) -> Response:
    named = word(item.state, item.reason)
    return page(
        "status",
        headers=_UNSEEN,
        word=named,
        told=WORDS[named],
        source=_shown(item.source or ""),
        whole_source=item.source,
        target=_target(item),
        target_shown=_shown(_target(item)),
        received=item.received,
        checked=item.checked,
        time=_time_of_day,
    )


def _shown(text: str) -> str:
    address = stored(text)
    return shown(address, 200) if address else text[:200]


def _unknown() -> Response:
    return _said("not_found", gettext("There is no mention at this address."), 404)


def _said(code: str, words: str, status: int) -> Response:
    if prefers_html():
        return page("refused", status, _UNSEEN, words=words)
    return _machine({"error": code, "error_description": words}, status)


def _machine(told: object, status: int) -> Response:
    answer = Response(json.dumps(told, ensure_ascii=False) + "\n", status, content_type="application/json")
    answer.headers.update((*ENDPOINT, *ANY_ORIGIN, *_UNSEEN, ("Vary", "Accept, Accept-Language")))
    return answer


def _target(item: Reflection) -> str:
    """The target as it was first given."""
    return min(item.arrivals, key=lambda arrival: arrival.id).target


def _time_of_day(moment: datetime) -> str:
    """The time as a reader of this language writes it; his zone is not known to us, so it is UTC."""
    return format_datetime(moment.astimezone(UTC), "long", locale=spoken().replace("-", "_"))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
