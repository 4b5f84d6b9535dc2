"""Taking back: what of an item's past still stands, and the step that leads back to where it was. By hand, by batch and
by job it is one rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from service.model import merging, moving
from service.model.event import Event
from service.model.reflection import Reflection
from service.model.states import Step, step
from service.values.state import State

NotBack = Literal["not_allowed", "moved", "newer"]
"""Why something is not taken back: there is nothing to take back, something happened since, or its words did."""


def changes(event: type[Event] = Event) -> ColumnElement[bool]:
    """Whether an event changed or decided something; a look that found all as it was did not, nor does an item's site
    that moves (:mod:`service.model.relocation`), which is taken back as a whole."""
    return or_(
        event.came_from != event.went_to,
        event.seen.is_not(None),
        event.batch_id.is_not(None) & event.details["site"].as_string().is_(None),
        event.details["undoes"].as_integer().is_not(None),
        event.details["renews"].as_integer().is_not(None),
    )


def last_move(session: Session, item: Reflection) -> Event | None:
    """The last that changed or decided something."""
    return session.scalar(_moves(item).limit(1))


def standing(session: Session, item: Reflection) -> Event | None:
    """The last move that was not taken back: who undoes one decision after the other comes to each of them."""
    undone = set[int]()
    for event in session.scalars(_moves(item)):
        undoes = (event.details or {}).get("undoes")
        if undoes is not None:
            undone.add(undoes)
        elif event.id not in undone:
            return event
    return None


def take_back(
    session: Session, item: Reflection, event: Event | None, by: str, batch: int | None, now: datetime
) -> Event | NotBack:
    """The event by which a decision about a locked item is taken back; or why it is not. What was made with it, words
    for one that had none say, stays among the item's versions: its number is never given again."""
    details = (event.details or {}) if event else {}
    before = details.get("before")
    if event is None or before is None or item.state is State.ERASED:
        return "not_allowed"
    stands = standing(session, item)
    if stands is None or stands.id != event.id:
        return "moved"
    made = details.get("made") or details.get("edit")
    if made not in (None, item.latest):
        return "newer"
    place, apart = moving.back(session, item, details, now), merging.back(session, item, details)
    if place is None or apart is None:
        return "moved"
    words: dict[str, Any] = {} if made is None else {"latest": before.get("latest")}
    back = Step(
        came_from=event.went_to,
        to=event.came_from,
        by=by,
        show=before["shown"] if event.came_from is State.APPROVED else None,
        values=words | place | apart,
        restores=before,
        details={"undoes": event.id},
        batch=batch,
    )
    return step(session, item, back, now) or "moved"


def _moves(item: Reflection) -> Select[Event]:
    return select(Event).where(Event.reflection_id == item.id, changes()).order_by(Event.id.desc())
