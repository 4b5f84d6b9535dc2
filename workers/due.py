"""What is due, and who holds it: at least once, and harmless twice.

The row is the queue: an item is due by its own columns, so a flushed Redis, a killed worker or a lost job costs a
delay, never an item. A claim is a lease under a random token; whoever writes names the token, so a worker that was
presumed dead changes nothing. It is renewed while its holder lives, so a long line before the reading child costs
nobody his place. No transaction is open while a stranger's page is fetched.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Engine, Select, and_, func, not_, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from service.decide.conclude import DEATHS
from service.model import Post, Reflection
from service.model.engine import written
from service.values.address import Address, stored
from service.values.page import Validators
from service.values.state import Kind, State

LEASE = timedelta(seconds=45)
"""How long an item is held, if its holder does not renew it."""

LONGEST_WAIT = timedelta(hours=25)
"""A little more than the longest legal span until an item is due (:data:`service.decide.conclude.MISSING`): one due
further ahead was made by a clock that jumped."""

FAIR = 2
"""Items of one host that are taken at once."""

LOOK_FIRST = timedelta(seconds=30)
"""How long the items of a post wait for its look, from when that was due."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One reflection to look at, under a lease, with what we know of it."""

    item: int
    token: str
    host: str | None
    source: Address | None
    """``None``: there is nothing to fetch."""
    is_comment: bool
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
    site: int
    address: Address
    attempts: int


Held = Visit | Look

T = TypeVar("T")


def claim(engine: Engine, most: int, now: datetime, resting: Collection[str] = ()) -> list[Visit]:
    """Takes up to ``most`` reflections that are due, the oldest first, at most two of one host and none of a host
    that is known to be ``resting``."""
    # A comment has no host, and stands for itself.
    host = func.coalesce(Reflection.host, Reflection.source_key)
    rows = select(Reflection.id).join(Post, Post.id == Reflection.post_id)
    picked = _picked(rows.where(_looked_at(now), host.not_in(resting)), Reflection, host, most, now)

    def take(session: Session, taken: _Taken) -> list[Visit]:
        items = session.scalars(
            select(Reflection)
            .where(Reflection.id.in_(taken.ids))
            .order_by(Reflection.due_at, Reflection.id)
            .options(selectinload(Reflection.arrivals), selectinload(Reflection.post))
        )
        return [_visit(item, taken) for item in items]

    return _leased(engine, Reflection, picked, now, take)


def claim_looks(engine: Engine, most: int, now: datetime, resting: Collection[int] = ()) -> list[Look]:
    """Takes up to ``most`` posts whose look is due, the oldest first, at most two of one site and none of a site that
    is known to be ``resting``."""
    picked = _picked(select(Post.id).where(Post.site_id.not_in(resting)), Post, Post.site_id, most, now)

    def take(session: Session, taken: _Taken) -> list[Look]:
        posts = session.scalars(select(Post).where(Post.id.in_(taken.ids)).order_by(Post.due_at, Post.id))
        looks = list[Look]()
        for post in posts.all():
            if (address := stored(post.url)) is not None:
                looks.append(Look(post.id, taken.token, post.site_id, address, post.attempts))
            else:
                post.looked_at, post.due_at, post.lease, post.leased_until = now, None, None, None
        return looks

    return _leased(engine, Post, picked, now, take)


def renew(engine: Engine, held: Iterable[Held], now: datetime) -> None:
    """Holds on to what is still under way; what was lost meanwhile stays lost."""
    _let(engine, held, {"leased_until": now + LEASE})


def give_back(engine: Engine, held: Iterable[Held], until: datetime | None = None) -> None:
    """Lets go of what was not visited, as due as it was; nobody takes it before ``until``, if that is given."""
    _let(engine, held, {"lease": None, "leased_until": until})


def count_death(engine: Engine, held: Held, now: datetime) -> None:
    """Lets go of an item whose page was the death of whoever read it, and counts that; a post whose looks break is
    left alone for a while each time, and given up after as many."""
    values: dict[str, Any]
    if isinstance(held, Visit):
        values = {"leased_until": None, "deaths": Reflection.deaths + 1}
    elif held.attempts + 1 < DEATHS:
        values = {"leased_until": now + LEASE, "attempts": held.attempts + 1}
    else:
        values = {"leased_until": None, "attempts": 0, "looked_at": now, "due_at": None}
    _let(engine, [held], {"lease": None} | values)


def anything(engine: Engine, now: datetime) -> bool:
    """Whether there is something to do."""
    items = select(Reflection.id).join(Post, Post.id == Reflection.post_id)
    with Session(engine) as session:
        return any(
            session.scalar(rows.limit(1)) is not None
            for rows in (items.where(_due(Reflection, now), _looked_at(now)), select(Post.id).where(_due(Post, now)))
        )


def _let(engine: Engine, held: Iterable[Held], values: dict[str, Any]) -> None:
    """Writes to what is still held under its token, table by table, in the order of its rows."""
    rows: dict[type[Reflection] | type[Post], list[tuple[int, str]]] = {Reflection: [], Post: []}
    for one in held:
        if isinstance(one, Visit):
            rows[Reflection].append((one.item, one.token))
        else:
            rows[Post].append((one.post, one.token))

    def work(session: Session) -> None:
        for table, these in rows.items():
            if these:
                # SQLite finds no row by a pair's half: the first condition is for its index, the second is the lease.
                held_still = and_(
                    table.id.in_(sorted(id for id, _ in these)), tuple_(table.id, table.lease).in_(sorted(these))
                )
                session.execute(
                    update(table).where(held_still).values(values).execution_options(synchronize_session=False)
                )

    if any(rows.values()):
        written(engine, work)


@dataclass(frozen=True, slots=True)
class _Taken:
    ids: list[int]
    token: str


def _due(table: type[Reflection] | type[Post], now: datetime) -> ColumnElement[bool]:
    # Wall clocks jump: what lies further ahead than its longest legal span counts as passed.
    due = or_(table.due_at <= now, table.due_at > now + LONGEST_WAIT)
    free = or_(table.leased_until.is_(None), table.leased_until <= now, table.leased_until > now + 2 * LEASE)
    return and_(table.due_at.is_not(None), due, free)


def _looked_at(now: datetime) -> ColumnElement[bool]:
    """Whether the post was looked at first, or that takes too long."""
    under_way = and_(Post.lease.is_not(None), Post.leased_until > now)
    overdue = and_(Post.due_at <= now - LOOK_FIRST, not_(under_way))
    return or_(Post.looked_at.is_not(None), Post.due_at.is_(None), overdue)


def _picked(
    rows: Select[int],
    table: type[Reflection] | type[Post],
    group: ColumnElement[Any] | InstrumentedAttribute[Any],
    most: int,
    now: datetime,
) -> CTE:
    """Those of ``rows`` that are due: the first of each group, locked for us."""
    place = func.row_number().over(partition_by=group, order_by=(table.due_at, table.id))
    ranked = rows.add_columns(place.label("place")).where(_due(table, now)).subquery()
    fair = _materialized(select(ranked.c.id).where(ranked.c.place <= FAIR), "fair")
    # PostgreSQL takes no window function beside a lock.
    free = select(table.id).where(table.id.in_(select(fair.c.id)), _due(table, now))
    return _materialized(free.order_by(table.due_at).limit(most).with_for_update(skip_locked=True), "picked")


def _materialized(rows: Select[Any], name: str) -> CTE:
    # PostgreSQL would fold the query into the UPDATE and look at the limit anew for each row.
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _leased(
    engine: Engine,
    table: type[Reflection] | type[Post],
    picked: CTE,
    now: datetime,
    take: Callable[[Session, _Taken], list[T]],
) -> list[T]:
    """What ``take`` makes of the rows that were picked and are now ours."""
    if engine.dialect.name != "sqlite":
        these = table.id.in_(select(picked.c.id))
        return written(engine, lambda session: take(session, _lease(session, table, these, now)))
    # SQLite has one lock for all who write: we choose without it, and choose again where another took all of that.
    while ids := _chosen(engine, picked):
        free = and_(table.id.in_(ids), _due(table, now))

        def work(session: Session, these: ColumnElement[bool] = free) -> list[T] | None:
            taken = _lease(session, table, these, now)
            return take(session, taken) if taken.ids else None

        if (found := written(engine, work)) is not None:
            return found
    return []


def _chosen(engine: Engine, picked: CTE) -> Sequence[int]:
    with Session(engine) as session:
        return session.scalars(select(picked.c.id)).all()


def _lease(session: Session, table: type[Reflection] | type[Post], these: ColumnElement[bool], now: datetime) -> _Taken:
    token = secrets.token_urlsafe(16)
    ids = session.scalars(
        update(table)
        .where(these)
        .values(lease=token, leased_until=now + LEASE)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).all()
    return _Taken(list(ids), token)


def _visit(item: Reflection, taken: _Taken) -> Visit:
    was_found = item.state not in (State.RECEIVED, State.FAILED, State.GONE)
    return Visit(
        item=item.id,
        token=taken.token,
        host=item.host,
        source=stored(item.source),
        is_comment=item.kind == Kind.COMMENT,
        targets=tuple(filter(None, (stored(arrival.target) for arrival in item.arrivals))),
        due=item.due_at,
        attempts=item.attempts,
        deaths=item.deaths,
        validators=Validators(item.etag, item.modified) if was_found and (item.etag or item.modified) else None,
        post_exists=item.post.exists,
    )
