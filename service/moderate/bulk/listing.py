"""What a search lists, in full: how many, what they are, and the job that decides about exactly these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, Select, Table, func, insert, literal, select, update
from sqlalchemy.orm import Session

from service.model import Batch, Event, Reflection
from service.model.batch import UNDO, Wanted
from service.model.reflection import waits
from service.moderate import found
from service.moderate.asked import Asked, Sort
from service.moderate.decisions import Decider
from service.people.roles import Reach
from service.values.state import DECIDABLE, State

MOST = 50_000
"""Items of a job, the newest."""

CHUNK = 5_000
"""Items that share a statement: both databases take so many parameters."""

HOSTS = 8
"""Hosts that are named, those with most items."""

_reflection = Reflection.__table__
_decidable = Reflection.state.in_(sorted(DECIDABLE)) & Reflection.latest.is_not(None)


@dataclass(frozen=True, slots=True)
class Listed:
    """All that a search lists and somebody may decide about."""

    ids: Sequence[int]
    more: bool
    """Whether there are more than a job takes."""
    number: int
    up: int
    """How many of them are public now."""
    hosts: Sequence[tuple[str | None, int]]
    """Those with most items, and how many; no host has what was written here."""


def listed(session: Session, reach: Reach, asked: Asked) -> Listed:
    """What the search lists now."""
    ids = found.ids(session, reach, replace(asked, sort=Sort.NEWEST, after=None), MOST + 1)
    hosts, up = Counter[str | None](), 0
    for some in _chunks(ids[:MOST]):
        groups = select(Reflection.host, Reflection.state, func.count()).where(Reflection.id.in_(some), _decidable)
        for host, state, count in session.execute(groups.group_by(Reflection.host, Reflection.state)):
            hosts[host] += count
            up += count if state is State.APPROVED else 0
    return Listed(ids[:MOST], len(ids) > MOST, hosts.total(), up, hosts.most_common(HOSTS))


def begin(
    session: Session, decider: Decider, asked: Asked, ids: Sequence[int], to: State, heard: int, now: datetime
) -> int:
    """The job that decides so about these items; its number. They are written down as they are, but those to which
    something happened after the event ``heard``, up to which the page knew that somebody had before him."""
    batch = Batch(
        by=decider.by, made=now, what=to.value, listed=0, asked=asked.query(after=None, sort=None), working=True
    )
    session.add(batch)
    session.flush()
    since = select(Event.id).where(Event.reflection_id == Reflection.id, Event.id > heard).exists()
    for some in _chunks(ids):
        these = (Reflection.id.in_(some), decider.reach(Reflection.site_id), _decidable, _is_news(to), ~since)
        batch.listed += _write(session, batch, select(Reflection.id, Reflection.state, Reflection.latest).where(*these))
    return batch.id


def take_back(session: Session, decider: Decider, number: int, now: datetime) -> int | None:
    """The job that takes another back, which ends where it stands; one that is there already. ``None`` where there is
    no such job, or it is an undoing itself."""
    job = session.scalar(select(Batch).where(Batch.id == number, in_sight(decider)).with_for_update())
    if job is None or job.what == UNDO:
        return None
    undoing = session.scalar(select(Batch.id).where(Batch.undoes == number))
    if undoing is not None:
        return undoing
    _stop(session, job, now)
    back = Batch(by=decider.by, made=now, what=UNDO, listed=0, asked=job.asked, undoes=number, working=True)
    session.add(back)
    session.flush()
    events = select(Event.reflection_id, Event.went_to, Event.seen, Event.id)
    back.listed = _write(session, back, events.where(Event.batch_id == number, decider.reach(Event.site_id)))
    return back.id


def in_sight(decider: Decider) -> ColumnElement[bool]:
    """Whether a batch is a job that he may see: his own, or about an item of his sites."""
    reach = decider.reach
    done = select(Event.id).where(Event.batch_id == Batch.id, reach(Event.site_id)).exists()
    his = select(Reflection.id).where(Reflection.id == Wanted.reflection_id, reach(Reflection.site_id)).exists()
    to_do = select(Wanted.reflection_id).where(Wanted.batch_id == Batch.id, his).exists()
    return Batch.asked.is_not(None) & ((Batch.by == decider.by) | done | to_do)


def _is_news(to: State) -> ColumnElement[bool]:
    """Whether the decision is about it at all: what is there already is none, unless it waits with something newer."""
    if to is State.APPROVED:
        return (Reflection.state != to) | waits(_reflection)
    return Reflection.state != to


def _stop(session: Session, job: Batch, now: datetime) -> None:
    if not job.working:
        return
    rest = update(Wanted).where(Wanted.batch_id == job.id, Wanted.why.is_(None)).values(why="stopped")
    stopped = cast(CursorResult[None], session.execute(rest, execution_options={"synchronize_session": False}))
    job.working, job.ended, job.left = False, now, job.left + stopped.rowcount


def _write(session: Session, batch: Batch, rows: Select[*tuple[object, ...]]) -> int:
    names = ["reflection_id", "came_from", "seen", "event_id"][: len(rows.selected_columns)]
    given = rows.add_columns(literal(batch.id))
    into = insert(cast(Table, Wanted.__table__)).from_select([*names, "batch_id"], given)
    written = session.execute(into, execution_options={"preserve_rowcount": True})
    return cast(CursorResult[None], written).rowcount


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
