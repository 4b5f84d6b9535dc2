"""``/admin/changes``: what became of items, and what stands at the head of a list by now. A page that stays open asks
for it every few seconds, so that what it shows is what is the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select

from service.database import db
from service.model import Event, Reflection
from service.model.reflection import waits
from service.moderate import items, telling
from service.moderate.pages import reasons_for, wanted
from service.people import person

MOST = 500
"""Events of one answer; where there are more, it says so."""

HEAD = 200
"""Ids of the list's head."""

_RECENT = timedelta(seconds=20)
"""For so long what was told is told again: of two transactions at once the later number may be seen first."""

_FORMER = 500
"""Events back to which that is looked for."""


def register(room: Blueprint) -> None:
    """Adds the page, and its beginning to the lists."""
    room.context_processor(lambda: {"heard": heard})
    room.add_url_rule("/changes", "changes", changes)


def heard() -> int:
    """Up to which event the page that is being made knows."""
    return db.session.scalar(select(func.max(Event.id))) or 0


def changes() -> ResponseReturnValue:
    """``heard`` and the list's own query → ``changed``: what each item that something happened to is now, in words
    too; ``first``: the ids at the head of the list; ``waiting`` and ``reasons``, how many there are; and the next
    ``heard``. What is told twice is told as it is now, so that does no harm."""
    reach, after = person().reach, _heard()
    found = list(db.session.scalars(_events(after)))
    last = {event.reflection_id: event for event in found}
    listed = wanted()
    first = items.head(db.session(), reach, listed, HEAD)
    return jsonify(
        heard=max([after, *(event.id for event in found)]),
        behind=len(found) == MOST,
        changed=_changed(last),
        first=first,
        more=len(first) == HEAD,
        waiting=items.waiting(db.session(), reach),
        reasons={code: number for code, _label, number in reasons_for(listed)},
    )


def _events(after: int) -> Select[Event]:
    reach, recent = person().reach, datetime.now(UTC) - _RECENT
    return (
        select(Event)
        .where(Event.id > max(0, after - _FORMER), (Event.id > after) | (Event.at > recent), reach(Event.site_id))
        .order_by(Event.id)
        .limit(MOST)
    )


def _changed(last: Mapping[int, Event]) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    query = select(Reflection, waits(Reflection.__table__)).where(Reflection.id.in_(last))
    return [
        {
            "id": item.uid,
            "state": item.state,
            "latest": item.latest,
            "waits": bool(waiting),
            "said": telling.happened(items.happened(last[item.id]), now),
        }
        for item, waiting in db.session.execute(query)
    ]


def _heard() -> int:
    given = request.args.get("heard", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        abort(400)
    return int(given)
