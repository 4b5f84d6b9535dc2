"""What is due, and who holds it: at least once, and harmless twice.

The row is the queue: an item is due by its own columns, so a flushed Redis, a killed worker or a lost job costs a
delay, never an item. A claim is a lease under a random token; whoever writes names the token, so a worker that was
presumed dead changes nothing. No transaction is open while a stranger's page is fetched.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Engine, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, selectinload

from service.model import Post, Reflection
from service.model.engine import written
from service.values.address import Address, parse
from service.values.page import Validators
from service.values.state import State

LEASE = timedelta(seconds=45)
"""How long an item is held; longer than any visit takes."""

LONGEST_WAIT = timedelta(days=100)
"""The longest legal span until an item is due: one due further ahead was made by a clock that jumped."""

FAIR = 2
"""Items of one host that are taken at once."""

LOOK_FIRST = timedelta(seconds=30)
"""How long the items of a post that was never looked at wait for that look."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One reflection to look at, under a lease, with what we know of it."""

    item: int
    token: str
    until: datetime
    source: Address
    targets: tuple[Address, ...]
    """Every form in which the target was given."""
    due: datetime | None
    """When it was due; a row that is due at another time by now was sent again meanwhile."""
    attempts: int
    deaths: int
    validators: Validators | None
    """For a conditional request, where the source was found before."""
    post_exists: bool | None


@dataclass(frozen=True, slots=True)
class Look:
    """One post of ours to look at, under a lease."""

    post: int
    token: str
    until: datetime
    address: Address
    attempts: int


def claim(engine: Engine, most: int, now: datetime) -> list[Visit]:
    """Takes up to ``most`` reflections that are due, the oldest first, at most two of one host."""
    place = func.row_number().over(partition_by=Reflection.host, order_by=(Reflection.due_at, Reflection.id))
    looked = or_(Post.looked_at.is_not(None), Post.created <= now - LOOK_FIRST)
    ranked = (
        select(Reflection.id, place.label("place"))
        .join(Post, Post.id == Reflection.post_id)
        .where(_due(Reflection, now), looked)
        .subquery()
    )
    fair = _materialized(select(ranked.c.id).where(ranked.c.place <= FAIR), "fair")
    picked = _picked(
        select(Reflection.id).where(Reflection.id.in_(select(fair.c.id)), _due(Reflection, now)), Reflection, most
    )

    def take(session: Session) -> list[Visit]:
        taken = _lease(session, Reflection, picked, now)
        items = session.scalars(
            select(Reflection)
            .where(Reflection.id.in_(taken.ids))
            .order_by(Reflection.due_at)
            .options(selectinload(Reflection.arrivals), selectinload(Reflection.post))
        )
        return [_visit(item, taken) for item in items]

    return written(engine, take)


def claim_looks(engine: Engine, most: int, now: datetime) -> list[Look]:
    """Takes up to ``most`` posts whose look is due, the oldest first."""
    picked = _picked(select(Post.id).where(_due(Post, now)), Post, most)

    def take(session: Session) -> list[Look]:
        taken = _lease(session, Post, picked, now)
        posts = session.scalars(select(Post).where(Post.id.in_(taken.ids)).order_by(Post.due_at))
        return [Look(post.id, taken.token, taken.until, parse(post.url), post.attempts) for post in posts]

    return written(engine, take)


def give_back(engine: Engine, held: Visit | Look, due: datetime) -> None:
    """Lets go of what was not visited; it is due again at ``due``."""
    table, identity = (Reflection, held.item) if isinstance(held, Visit) else (Post, held.post)

    def release(session: Session) -> None:
        session.execute(
            update(table)
            .where(table.id == identity, table.lease == held.token)
            .values(lease=None, leased_until=None, due_at=due)
        )

    written(engine, release)


def count_death(engine: Engine, visit: Visit) -> None:
    """Counts that whoever read this item's page died of it."""

    def count(session: Session) -> None:
        session.execute(
            update(Reflection)
            .where(Reflection.id == visit.item, Reflection.lease == visit.token)
            .values(deaths=Reflection.deaths + 1)
        )

    written(engine, count)


def anything(engine: Engine, now: datetime) -> bool:
    """Whether there is something to do."""
    with Session(engine) as session:
        return any(
            session.scalar(select(table.id).where(_due(table, now)).limit(1)) is not None
            for table in (Reflection, Post)
        )


@dataclass(frozen=True, slots=True)
class _Taken:
    ids: list[int]
    token: str
    until: datetime


def _due(table: type[Reflection] | type[Post], now: datetime) -> ColumnElement[bool]:
    # Wall clocks jump: what lies further ahead than its longest legal span counts as passed.
    due = or_(table.due_at <= now, table.due_at > now + LONGEST_WAIT)
    free = or_(table.leased_until.is_(None), table.leased_until <= now, table.leased_until > now + 2 * LEASE)
    return and_(table.due_at.is_not(None), due, free)


def _picked(rows: Select[int], table: type[Reflection] | type[Post], most: int) -> CTE:
    return _materialized(rows.order_by(table.due_at).limit(most).with_for_update(skip_locked=True), "picked")


def _materialized(rows: Select[Any], name: str) -> CTE:
    # PostgreSQL would fold the query into the UPDATE and look at the limit anew for each row.
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _lease(session: Session, table: type[Reflection] | type[Post], picked: CTE, now: datetime) -> _Taken:
    token, until = secrets.token_urlsafe(16), now + LEASE
    ids = session.scalars(
        update(table)
        .where(table.id.in_(select(picked.c.id)))
        .values(lease=token, leased_until=until)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).all()
    return _Taken(list(ids), token, until)


def _visit(item: Reflection, taken: _Taken) -> Visit:
    was_found = item.state not in (State.RECEIVED, State.FAILED, State.GONE)
    return Visit(
        item=item.id,
        token=taken.token,
        until=taken.until,
        source=parse(item.source or ""),
        targets=tuple(parse(arrival.target) for arrival in item.arrivals),
        due=item.due_at,
        attempts=item.attempts,
        deaths=item.deaths,
        validators=Validators(item.etag, item.modified) if was_found and (item.etag or item.modified) else None,
        post_exists=item.post.exists,
    )
