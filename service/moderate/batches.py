"""Batches: many items decided in one go, and taken back in one go.

Fifty share a transaction, so that nobody else's writing waits long; who asks is told of each item, whether it was
done, and else who was quicker. A process that ends in between leaves some undecided, and no item half decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.model import Batch, Event
from service.moderate.decisions import Decider, Decision, Result, decide, undo

MOST = 500
"""Items of one request."""

TOGETHER = 50
"""Items that share a transaction."""

UNDO = "undo"

Thing = TypeVar("Thing")


def in_turns(
    work: Callable[[Session, Sequence[Thing]], list[Result]], things: Sequence[Thing], size: int = TOGETHER
) -> Iterator[Result]:
    """A result for each thing, in their order; so many share a transaction."""
    for start in range(0, len(things), size):
        yield from write(partial(_work, work, things[start : start + size]))


def decide_all(decider: Decider, decisions: Sequence[Decision], now: datetime) -> tuple[list[Result], int]:
    """Decides each of them in one batch: a result for each in their order, and its number."""
    number = begin(decider, decisions[0].to.value, len(decisions), now)
    each = replace(decider, batch=number)
    return list(in_turns(lambda session, some: decide(session, each, some, now), decisions)), number


def undo_all(decider: Decider, number: int, now: datetime) -> tuple[list[Result], int | None]:
    """Takes a batch back, which is a batch too, with a number of its own: each item is again where it was, unless
    something happened to it since. Nothing where there is no such batch, or nothing of it is in reach."""
    # By item, as everybody locks them.
    query = select(Event.id).where(Event.batch_id == number, decider.reach(Event.site_id)).order_by(Event.reflection_id)
    events = db.session.scalars(query).all()
    if not events:
        return [], None
    undoing = begin(decider, UNDO, len(events), now)
    each = replace(decider, batch=undoing)
    return list(in_turns(lambda session, some: [undo(session, each, event, now) for event in some], events)), undoing


def begin(decider: Decider, what: str, listed: int, now: datetime) -> int:
    """The number of a new batch; ``what`` is the state that is asked for, or :data:`UNDO`."""

    def work(session: Session) -> int:
        batch = Batch(by=decider.by, made=now, what=what, listed=listed)
        session.add(batch)
        session.flush()
        return batch.id

    return write(work)


def _work(
    work: Callable[[Session, Sequence[Thing]], list[Result]], things: Sequence[Thing], session: Session
) -> list[Result]:
    return work(session, things)
