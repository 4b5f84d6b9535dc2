"""Jobs of thousands: a decision about all that a search listed, or the taking back of one, fifty at a time.

Each item once, whatever dies: what is done of a job and that it is done are one transaction, and a job that was left
half-way goes on where it stands. Two workers never share a job: its row is locked for each fifty. What happened to an
item since it was listed is not decided over: it is left as it is, counted, and named.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.bell import PAUSE
from service.model import Batch, Event, Reflection
from service.model.batch import UNDO, Wanted, any_working
from service.model.engine import gave_way, written
from service.model.states import Step, as_it_was, step
from service.model.undoing import take_back
from service.values.state import State
from workers.means import LONGEST_RUN, Means, ends_the_run

TOGETHER = 50
"""Items that share a transaction."""

BETWEEN = 0.02
"""Seconds between two of them, in which others may write."""

_QUIETLY = {"synchronize_session": False}

log = structlog.get_logger(__name__)


class Bulk:
    """One run over the jobs, until all are done, a minute has passed, or the worker is asked to stop."""

    def __init__(self, means: Means, seconds: float = LONGEST_RUN) -> None:
        self._means = means
        self._end = time.monotonic() + seconds

    def __call__(self) -> int:
        """Works jobs off, the oldest first; how many items it had in hand."""
        engine, stop, count = self._means.engine, self._means.stop, 0
        while not stop.is_set() and time.monotonic() < self._end:
            number = written(engine, partial(some, now=datetime.now(UTC)))
            if number is None:
                break
            count += number
            stop.wait(BETWEEN)
        if any_working(engine):
            stop.wait(PAUSE)
            self._means.ring()
        return count


def some(session: Session, now: datetime) -> int | None:
    """Does the next items of a job; how many they were. ``None`` where there is no job, or another worker has it."""
    query = select(Batch).where(Batch.working).order_by(Batch.id).limit(1)
    batch = session.scalar(query.with_for_update(skip_locked=True))
    if batch is None:
        return None
    wanted = session.scalars(
        select(Wanted)
        .where(Wanted.batch_id == batch.id, Wanted.why.is_(None))
        .order_by(Wanted.reflection_id)
        .limit(TOGETHER)
    ).all()
    items = _locked(session, wanted)
    left: dict[int, str] = {}
    for one in wanted:
        why = _tried(session, batch, one, items[one.reflection_id], now) if one.reflection_id in items else None
        if why is not None:
            left[one.reflection_id] = why
    _note(session, batch, [one.reflection_id for one in wanted if one.reflection_id not in left], left)
    batch.done += len(items) - len(left)
    batch.left += len(left)
    if len(wanted) < TOGETHER:
        batch.working, batch.ended = False, now
    return len(wanted)


def _locked(session: Session, wanted: Sequence[Wanted]) -> Mapping[int, Reflection]:
    query = select(Reflection).where(Reflection.id.in_([one.reflection_id for one in wanted])).order_by(Reflection.id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {item.id: item for item in found}


def _tried(session: Session, batch: Batch, one: Wanted, item: Reflection, now: datetime) -> str | None:
    """Why an item is left as it was; one that breaks is, and holds up no other."""
    try:
        with session.begin_nested():
            return _done(session, batch, one, item, now)
    except Exception as error:
        if ends_the_run(error) or gave_way(error):
            raise
        log.error("an item of a job broke", item=item.uid, batch=batch.id, exc_info=error)
        return "broken"


def _done(session: Session, batch: Batch, one: Wanted, item: Reflection, now: datetime) -> str | None:
    if batch.what == UNDO:
        event = session.get(Event, one.event_id)
        made = take_back(session, item, event, batch.by, batch.id, now)
        return None if isinstance(made, Event) else made
    if item.state is not one.came_from:
        return "moved"
    if item.latest != one.seen:
        return "newer"
    return None if step(session, item, _step(session, batch, one, item), now) else "moved"


def _step(session: Session, batch: Batch, one: Wanted, item: Reflection) -> Step:
    to = State(batch.what)
    show = one.seen if to is State.APPROVED else None
    details = {"before": as_it_was(session, item)} | ({"show": show} if show else {})
    return Step(came_from=one.came_from, to=to, by=batch.by, seen=one.seen, show=show, details=details, batch=batch.id)


def _note(session: Session, batch: Batch, done: Sequence[int], left: Mapping[int, str]) -> None:
    mine = Wanted.batch_id == batch.id
    session.execute(delete(Wanted).where(mine, Wanted.reflection_id.in_(done)), execution_options=_QUIETLY)
    for why in set(left.values()):
        these = [item for item, reason in left.items() if reason == why]
        leave = update(Wanted).where(mine, Wanted.reflection_id.in_(these)).values(why=why)
        session.execute(leave, execution_options=_QUIETLY)
