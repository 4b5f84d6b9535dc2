"""Merging: of two items that are one thing, the one that stays is known by both sources and by all ways in which they
came; the other lies among the rejected, and what is sent for it comes to the one that stays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.model import moving
from service.model.insert import insert
from service.model.reflection import Arrival, Former, Reflection
from service.model.states import Step, as_it_was, step
from service.values.state import State

_QUIETLY = {"synchronize_session": False}


def merge(
    session: Session, stays: Reflection, goes: Reflection, by: str, batch: int, now: datetime
) -> list[Reflection]:
    """Merges two locked items of one post, neither of which answers the other; all that something happened to. What
    answered the one that goes answers the one that stays."""
    own = select(Reflection).where(Reflection.parent_id == goes.id, Reflection.post_id == goes.post_id)
    answers = session.scalars(
        own.where(Reflection.state != State.ERASED).order_by(Reflection.id).with_for_update()
    ).all()
    for answer in answers:
        moving.move(session, answer, stays.post, stays.id, by, batch, now)
    joined = {"before": as_it_was(session, stays), "joined": {"uid": goes.uid, "ways": _ways(session, stays, goes)}}
    merged = {"before": as_it_was(session, goes), "merged": _lead(session, stays, goes)}
    values = {"source_key": hashlib.sha256(goes.uid.encode()).hexdigest(), "moved_key": None, "due_at": None}
    gone = step(session, goes, Step(goes.state, State.REJECTED, by, values=values, details=merged, batch=batch), now)
    kept = step(session, stays, Step(stays.state, stays.state, by, details=joined, batch=batch), now)
    assert gone is not None and kept is not None, "their rows are locked, and theirs are states that may be left"
    return [stays, goes, *answers]


def back(session: Session, item: Reflection, details: Mapping[str, Any]) -> dict[str, Any] | None:
    """The columns of an item that is taken apart from another again, if an event with these details merged them;
    ``None`` where its source has another item by now."""
    if joined := details.get("joined"):
        mine = (Arrival.reflection_id == item.id, Arrival.id.in_(joined["ways"]))
        session.execute(delete(Arrival).where(*mine), execution_options=_QUIETLY)
    if not (merged := details.get("merged")):
        return {}
    taken = (Reflection.post_id == item.post_id, Reflection.source_key == merged["key"], Reflection.id != item.id)
    if item.post_id != merged["post"] or session.scalar(select(Reflection.id).where(*taken)) is not None:
        return None
    to_it = (Former.post_id == merged["post"], Former.source_key.in_(merged["keys"]))
    session.execute(delete(Former).where(*to_it), execution_options=_QUIETLY)
    for post, key in merged["former"]:
        its = (Former.post_id == post, Former.source_key == key)
        session.execute(update(Former).where(*its).values(reflection_id=item.id), execution_options=_QUIETLY)
    return {"source_key": merged["key"], "moved_key": merged["moved_key"]}


def _ways(session: Session, stays: Reflection, goes: Reflection) -> list[int]:
    """Gives the one that stays the ways in which the other came, as far as it has not come so; what was given."""
    names = ("protocol", "target", "first", "hints")
    theirs = select(*(Arrival.__table__.c[name] for name in names)).where(Arrival.reflection_id == goes.id)
    rows = [{"reflection_id": stays.id, **row} for row in session.execute(theirs.order_by(Arrival.id)).mappings()]
    given = (insert(session, Arrival).values(row).on_conflict_do_nothing().returning(Arrival.id) for row in rows)
    return [made for way in given if (made := session.scalar(way)) is not None]


def _lead(session: Session, stays: Reflection, goes: Reflection) -> dict[str, Any]:
    """Lets what is sent for the one that goes come to the one that stays; what is needed to take that back."""
    keys = sorted({key for key in (goes.source_key, goes.moved_key) if key and key != stays.source_key})
    mine = select(Former.post_id, Former.source_key).where(Former.reflection_id == goes.id)
    former = [list(row) for row in session.execute(mine)]
    all_ = update(Former).where(Former.reflection_id == goes.id).values(reflection_id=stays.id)
    session.execute(all_, execution_options=_QUIETLY)
    for key in keys:
        new = insert(session, Former).values(post_id=goes.post_id, source_key=key, reflection_id=stays.id)
        session.execute(
            new.on_conflict_do_update(index_elements=["post_id", "source_key"], set_={"reflection_id": stays.id})
        )
    return {
        "into": stays.uid,
        "post": goes.post_id,
        "key": goes.source_key,
        "moved_key": goes.moved_key,
        "keys": keys,
        "former": former,
    }
