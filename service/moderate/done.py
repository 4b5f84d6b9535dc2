"""What was just done, in a line, and how it is taken back: a decision, or a batch of them, while it still stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from service.database import db
from service.languages import gettext, ngettext
from service.model import Batch, Event, Reflection, undoing
from service.model.relocation import MOVE_SITE
from service.moderate import items, telling
from service.moderate.batches import UNDO
from service.people import person
from service.values.state import State

ANSWER = "answer"
"""What a batch is called that approves an item and answers it."""

MOVE = "move"
"""What a batch is called that moves an item with its answers to another post."""

MERGE = "merge"
"""What a batch is called that merges two items."""

_BIGGEST = 18
"""Digits of a number that both databases take."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and what ``/admin/undo`` is told to take it back: the name of a field, and its value."""

    said: str
    field: Literal["event", "batch"]
    number: int
    can_be_undone: bool


def named() -> Done | None:
    """What the query of this page names as just done, if it is one's own and still stands."""
    if event := _number("done"):
        return of_event(event)
    if batch := _number("batch"):
        return of_batch(batch)
    return None


def of_event(number: int) -> Done | None:
    """One's own decision, while it is the last word on its item."""
    reach = person().reach
    found = db.session.execute(
        select(Reflection.uid, Event)
        .join(Event, Event.reflection_id == Reflection.id)
        .where(Event.id == number, reach(Event.site_id), Event.by == person().name)
    ).first()
    if found is not None and found[1].went_to is State.ERASED:
        return Done(gettext("It is erased."), "event", number, False)
    one = items.one(db.session(), reach, found[0]) if found else None
    if found is None or one is None:
        return None
    event = items.happened(found[1])
    last = next((past for past in one.history if past.moved or past.id == event.id), None)
    if last is None or last.id != event.id:
        return None
    return Done(telling.done(one, event), "event", event.id, "before" in event.details)


def of_batch(number: int) -> Done | None:
    """One's own batch, as far as it is the last word on its items."""
    later = aliased(Event)
    since = (later.reflection_id == Event.reflection_id, later.id > Event.id, undoing.changes(later))
    overtaken = select(later.id).where(*since).exists()
    found = db.session.execute(
        select(Batch.what, func.count())
        .join(Event, Event.batch_id == Batch.id)
        .where(Batch.id == number, Batch.by == person().name, person().reach(Event.site_id), ~overtaken)
        .group_by(Batch.what)
    ).first()
    if found is None:
        return None
    what, count = found
    return Done(together(what, count), "batch", number, what not in (UNDO, State.RECEIVED))


def together(what: str, count: int) -> str:
    """``Approved 12 items.``"""
    return {
        State.APPROVED: ngettext("Approved %(num)s item.", "Approved %(num)s items.", count),
        State.REJECTED: ngettext("Rejected %(num)s item.", "Rejected %(num)s items.", count),
        State.SPAM: ngettext("Marked %(num)s item as spam.", "Marked %(num)s items as spam.", count),
        State.PENDING: ngettext("%(num)s item waits again.", "%(num)s items wait again.", count),
        State.RECEIVED: ngettext("%(num)s item is checked again.", "%(num)s items are checked again.", count),
        ANSWER: gettext("Approved it, and answered."),
        MOVE: ngettext("Moved %(num)s item.", "Moved %(num)s items.", count),
        MERGE: gettext("Merged both into one."),
        MOVE_SITE: ngettext("Moved the site, with %(num)s item.", "Moved the site, with %(num)s items.", count),
        UNDO: ngettext("%(num)s item is back where it was.", "%(num)s items are back where they were.", count),
    }[what]


def _number(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _BIGGEST else None
