"""What a rule decided and nobody has touched since, and taking all of it back: each item is asked about then.

Where a rule let a new version of an item through, the version before is up again and the new one waits; what it let in
or put among the spam as a whole waits as a whole. All of it is one batch, so that one undo puts it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.database import db
from service.model import Event, Reflection, Revision, Rule, undoing
from service.model.states import Step, as_it_was, step
from service.moderate.batches import begin, in_turns
from service.moderate.decisions import Conflict, Decided, Decider, Result
from service.moderate.rules.preview import LISTED, Met
from service.values.state import State

MOST = 2_000
"""Items that are taken back at a time."""

DECIDED = (State.APPROVED, State.SPAM)
"""Where a rule puts what it decides; what it has wait is asked about already."""


def stands(number: int) -> ColumnElement[bool]:
    """Whether an item is where it is by this rule, and decided."""
    return (Reflection.rule_id == number) & Reflection.state.in_(DECIDED)


def held(number: int) -> ColumnElement[bool]:
    """Whether an item waits by this rule."""
    return (Reflection.rule_id == number) & (Reflection.state == State.PENDING)


def count(session: Session, items: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Reflection).where(items)) or 0


def listed(session: Session, items: ColumnElement[bool]) -> list[Met]:
    """The newest of these items."""
    rows = session.execute(
        select(
            Reflection.uid,
            Reflection.source,
            Reflection.state,
            Reflection.received,
            Revision.title,
            Revision.author_name,
        )
        .outerjoin(Revision, (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.latest))
        .where(items)
        .order_by(Reflection.id.desc())
        .limit(LISTED)
    )
    return [Met(row.uid, row.title or row.author_name or row.uid, row.source, row.state, row.received) for row in rows]


def take_back(decider: Decider, rule: Rule, now: datetime) -> tuple[Sequence[Result], int | None]:
    """Takes back what the rule decided, at most :data:`MOST` items, the newest first: a result for each on which nobody
    was quicker, and the number of the batch."""
    number = rule.id
    newest = select(Reflection.id).where(stands(number)).order_by(Reflection.id.desc()).limit(MOST)
    items = sorted(db.session.scalars(newest))
    if not items:
        return [], None
    batch = begin(decider, State.PENDING, len(items), now)
    each = replace(decider, batch=batch)
    return list(in_turns(lambda session, some: _take_back(session, each, number, some, now), items)), batch


def _take_back(session: Session, decider: Decider, number: int, ids: Sequence[int], now: datetime) -> list[Result]:
    locked = session.scalars(
        select(Reflection)
        .where(Reflection.id.in_(ids), stands(number), decider.reach(Reflection.site_id))
        .order_by(Reflection.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    items = {item.id: item for item in locked}
    firsts = _firsts(session, number, list(items))
    return [_one(session, decider, number, item, firsts.get(one), now) for one, item in items.items()]


def _firsts(session: Session, number: int, ids: Sequence[int]) -> Mapping[int, Event]:
    """The first thing that the rule did to each item since anybody else did something."""
    moves = session.scalars(
        select(Event)
        .where(Event.reflection_id.in_(ids), undoing.changes())
        .order_by(Event.reflection_id, Event.id.desc())
    )
    firsts: dict[int, Event] = {}
    for item, events in groupby(moves, lambda event: event.reflection_id):
        for event in _run(events, f"rule {number}"):
            firsts[item] = event
    return firsts


def _run(events: Iterable[Event], by: str) -> Iterator[Event]:
    """The last events in a row that are this rule's, the last first; what was taken back did not happen."""
    undone = set[int]()
    for event in events:
        undoes = (event.details or {}).get("undoes")
        if undoes is not None:
            undone.add(undoes)
        elif event.id not in undone and event.by != by:
            return
        elif event.id not in undone:
            yield event


def _one(
    session: Session, decider: Decider, number: int, item: Reflection, first: Event | None, now: datetime
) -> Result:
    details: dict[str, Any] = {"takes_back": number, "before": as_it_was(session, item)}
    back = Step(item.state, State.PENDING, decider.by, details=details, batch=decider.batch)
    before = (first.details or {}).get("before") if first is not None else None
    if before is not None and item.state is State.APPROVED:
        back = replace(back, to=State.APPROVED, show=before["shown"], restores=before)
    event = step(session, item, back, now)
    return Conflict(item.uid, "moved") if event is None else Decided(item.uid, item.state, event.id)
