"""Taking back: what of an item's past still stands, and the step that leads back to where it was."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.model.event import Event
from service.model.reflection import Reflection
from service.model.states import Step, step
from service.values.state import State

NotBack = Literal["not_allowed", "moved"]


def moves(item: Reflection) -> Select[Event]:
    """The events that changed or decided something, the last first; a look that found all as it was is none."""
    return (
        select(Event)
        .where(
            Event.reflection_id == item.id,
            (Event.came_from != Event.went_to) | Event.seen.is_not(None) | Event.batch_id.is_not(None),
        )
        .order_by(Event.id.desc())
    )


def standing(session: Session, item: Reflection) -> Event | None:
    """The last move that was not taken back: who undoes one decision after the other comes to each of them."""
    undone = set[int]()
    for event in session.scalars(moves(item)):
        undoes = (event.details or {}).get("undoes")
        if undoes is not None:
            undone.add(undoes)
        elif event.id not in undone:
            return event
    return None


def take_back(
    session: Session, item: Reflection, event: Event | None, by: str, batch: int, now: datetime
) -> Event | NotBack:
    """The event by which a decision about a locked item is taken back; or why it is not. One that made a revision
    besides is none of these."""
    before = (event.details or {}).get("before") if event else None
    if event is None or before is None:
        return "not_allowed"
    stands = standing(session, item)
    if stands is None or stands.id != event.id:
        return "moved"
    back = Step(
        came_from=event.went_to,
        to=event.came_from,
        by=by,
        show=before["shown"] if event.came_from is State.APPROVED else None,
        restores=before,
        details={"undoes": event.id},
        batch=batch,
    )
    return step(session, item, back, now) or "moved"
