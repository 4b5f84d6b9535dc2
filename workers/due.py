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

from service.decide.conclude import DEATHS, JITTER, MOST_PATIENCE, RETRIES
from service.decide.schedule import LONGEST_POST_REST, LONGEST_REST
from service.model import Picture, Post, Reflection
from service.model.engine import written
from service.values.address import Address, stored
from service.values.page import Busy, Validators
from service.values.state import Kind, State
from workers.rests import ON_THE_WAY

LEASE = timedelta(seconds=45)
"""How long an item is held, if its holder does not renew it."""

LONGEST_WAIT = timedelta(hours=25)
"""A little more than the longest legal span until an item is due (:data:`service.decide.conclude.MISSING`): one due
further ahead was made by a clock that jumped. What is looked at again by itself has spans of its own
(:mod:`service.decide.schedule`)."""

LONGEST_FIRST_WAIT = max(MOST_PATIENCE, RETRIES[-1] * (1 + JITTER)) + timedelta(hours=1)
"""The same for one of which nothing is known yet: no day passes before it is looked at."""

FAIR = 2
"""Items of one host that are taken at once."""

NEAR = 8
"""As many times what is wanted are looked at first: to put a million in order for each claim takes seconds."""

PATIENT = timedelta(days=1)
"""How long something may wait for a host that asks for patience; then it is asked all the same."""

AFTER = 60.0
"""Seconds over which those are spread, at the most, that wait for the same host's patience to end."""

LOOK_FIRST = timedelta(seconds=30)
"""How long the items of a post wait for its look, from when that was due."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One reflection to look at, under a lease, with what we know of it."""

    item: int
    post: int
    token: str
    host: str | None
    source: Address | None
    """``None``: there is nothing to fetch."""
    is_comment: bool
    targets: tuple[Address, ...]
    """Every form in which the target was given, and the post's own address."""
    due: datetime | None
    """When it was due; a row that is due at another time by now was sent again meanwhile."""
    attempts: int
    deaths: int
    validators: Validators | None
    """For a conditional request, where the source was found before."""
    post_exists: bool | None
    received: datetime
    vouch: Address | None = None
    """The page that its sender says vouches for it, where nothing was read of it yet."""
    again: bool = False
    """Whether nobody asked: it is up, and looked at again by itself."""
    waited: bool = False
    """Whether it waited long enough for a host that asks for patience."""


@dataclass(frozen=True, slots=True)
class Look:
    """One post of ours to look at, under a lease."""

    post: int
    token: str
    site: int
    address: Address
    attempts: int
    deaths: int = 0
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Want:
    """One author's picture to fetch, under a lease."""

    picture: int
    token: str
    host: str
    address: Address
    attempts: int
    deaths: int = 0
    waited: bool = False


Group = ColumnElement[Any] | InstrumentedAttribute[Any]
"""Of whom no more than :data:`FAIR` are taken at once."""

Held = Visit | Look
Leased = Visit | Look | Want
Table = type[Reflection] | type[Post] | type[Picture]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Queue:
    """A column by which the rows of a table are due."""

    table: Table
    column: str
    longest: timedelta
    """How far ahead of now it may lie."""
    first: ColumnElement[bool] | None = None
    """Which rows can't lie further ahead than :data:`LONGEST_FIRST_WAIT`."""
    late: ColumnElement[bool] | None = None
    """Which rows come after all others that are due."""

    @property
    def when(self) -> ColumnElement[Any]:
        return self.table.__table__.c[self.column]

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        oldest = (self.when, self.table.__table__.c.id)
        return oldest if self.late is None else (self.late, *oldest)


_ITEMS = _Queue(Reflection, "due_at", LONGEST_WAIT, first=Reflection.state == State.RECEIVED)
_AGAIN = _Queue(Reflection, "again_at", LONGEST_REST)
_LOOKS = _Queue(Post, "due_at", LONGEST_POST_REST, first=Post.looked_at.is_(None), late=Post.looked_at.is_not(None))
_PICTURES = _Queue(Picture, "due_at", LONGEST_WAIT)


def claim(engine: Engine, most: int, now: datetime, resting: Collection[str] = ()) -> list[Visit]:
    """Takes up to ``most`` reflections that are due, the oldest first, at most two of one host and none of a host
    that is known to be ``resting``."""
    return _visits(engine, _ITEMS, most, now, resting)


def claim_again(engine: Engine, most: int, now: datetime, resting: Collection[str] = ()) -> list[Visit]:
    """The same of those that are up and looked at again by themselves."""
    return _visits(engine, _AGAIN, most, now, resting) if most > 0 else []


def _visits(engine: Engine, queue: _Queue, most: int, now: datetime, resting: Collection[str]) -> list[Visit]:
    # A comment has no host, and stands for itself.
    host = func.coalesce(Reflection.host, Reflection.source_key)
    rows = select(Reflection.id).join(Post, Post.id == Reflection.post_id)
    rows = rows.where(_looked_at(now), host.not_in(resting))

    def take(session: Session, taken: _Taken) -> list[Visit]:
        items = session.scalars(
            select(Reflection)
            .where(Reflection.id.in_(taken.ids))
            .order_by(*queue.order)
            .options(selectinload(Reflection.arrivals), selectinload(Reflection.post))
        )
        return [_visit(item, taken, queue is _AGAIN, now) for item in items]

    return _claimed(engine, queue, rows, host, most, now, take)


def claim_looks(engine: Engine, most: int, now: datetime, resting: Collection[int] = ()) -> list[Look]:
    """Takes up to ``most`` posts whose look is due, those that were never looked at and then the oldest first, at most
    two of one site and none of a site that is known to be ``resting``."""

    def take(session: Session, taken: _Taken) -> list[Look]:
        posts = session.scalars(select(Post).where(Post.id.in_(taken.ids)).order_by(*_LOOKS.order))
        looks = list[Look]()
        for post in posts.all():
            if (address := stored(post.url)) is not None:
                waited = _waited(post, now)
                looks.append(Look(post.id, taken.token, post.site_id, address, post.attempts, post.deaths, waited))
            else:
                post.looked_at, post.due_at, post.lease, post.leased_until = now, None, None, None
        return looks

    rows = select(Post.id).where(Post.site_id.not_in(resting))
    return _claimed(engine, _LOOKS, rows, Post.site_id, most, now, take)


def claim_pictures(engine: Engine, most: int, now: datetime, resting: Collection[str] = ()) -> list[Want]:
    """Takes up to ``most`` pictures that are due, the oldest first, at most two of one host and none of a host that is
    known to be ``resting``."""

    def take(session: Session, taken: _Taken) -> list[Want]:
        pictures = session.scalars(select(Picture).where(Picture.id.in_(taken.ids)).order_by(Picture.due_at))
        wants = list[Want]()
        for picture in pictures.all():
            if (address := stored(picture.url)) is not None:
                waited, deaths = _waited(picture, now), picture.deaths
                wants.append(Want(picture.id, taken.token, picture.host, address, picture.attempts, deaths, waited))
            else:
                picture.due_at, picture.lease, picture.leased_until = None, None, None
        return wants

    rows = select(Picture.id).where(Picture.host.not_in(resting))
    return _claimed(engine, _PICTURES, rows, Picture.host, most, now, take)


def renew(engine: Engine, held: Iterable[Leased], now: datetime) -> None:
    """Holds on to what is still under way; what was lost meanwhile stays lost."""
    _let(engine, held, {"leased_until": now + LEASE})


def give_back(engine: Engine, held: Iterable[Leased], until: datetime | None = None) -> None:
    """Lets go of what was not visited, as due as it was; nobody takes it before ``until``, if that is given."""
    _let(engine, held, {"lease": None, "leased_until": until})


def leave(engine: Engine, held: Leased, busy: Busy, now: datetime, chance: float) -> float:
    """Lets go of what found its host busy: it is due later where the host asked for that, and keeps its place where its
    turn was taken. After how many seconds it may be taken again; ``chance``, from 0 to 1, spreads them."""
    if busy.asked_for:
        seconds = busy.seconds + min(busy.seconds, AFTER) * chance
        postpone(engine, held, now, now + timedelta(seconds=seconds))
        return seconds
    seconds = busy.seconds * (1 + chance) * (ON_THE_WAY if busy.hops else 1)
    give_back(engine, [held], now + min(timedelta(seconds=seconds), LEASE))
    return seconds


def postpone(engine: Engine, held: Leased, now: datetime, until: datetime) -> None:
    """Lets go of what was not visited, and makes it due later; the items of a post do not wait for that."""
    values: dict[str, Any] = {"lease": None, "leased_until": None}
    values["waits_since"] = func.coalesce(_table(held).waits_since, now)
    values["again_at" if isinstance(held, Visit) and held.again else "due_at"] = until
    _let(engine, [held], values | ({"looked_at": now} if isinstance(held, Look) else {}))


def count_death(engine: Engine, held: Leased, now: datetime) -> None:
    """Lets go of an item whose page was the death of whoever read it, and counts that; a post or picture whose looks
    break is left alone for a while each time, and given up after as many."""
    values: dict[str, Any]
    if isinstance(held, Visit):
        values = {"leased_until": None, "deaths": Reflection.deaths + 1}
    elif held.deaths + 1 < DEATHS:
        values = {"leased_until": now + LEASE, "deaths": held.deaths + 1}
    else:
        looked = "looked_at" if isinstance(held, Look) else "fetched"
        values = {"leased_until": None, "attempts": 0, "deaths": 0, "waits_since": None, looked: now, "due_at": None}
    _let(engine, [held], {"lease": None} | values)


def anything(engine: Engine, now: datetime) -> bool:
    """Whether there is something to do."""
    items = select(Reflection.id).join(Post, Post.id == Reflection.post_id)
    with Session(engine) as session:
        return any(
            session.scalar(rows.limit(1)) is not None
            for rows in (
                items.where(_due(_ITEMS, now), _looked_at(now)),
                select(Post.id).where(_due(_LOOKS, now)),
                items.where(_due(_AGAIN, now), _looked_at(now)),
            )
        )


def any_picture(engine: Engine, now: datetime) -> bool:
    """Whether a picture is to be fetched."""
    with Session(engine) as session:
        return session.scalar(select(Picture.id).where(_due(_PICTURES, now)).limit(1)) is not None


def _let(engine: Engine, held: Iterable[Leased], values: dict[str, Any]) -> None:
    """Writes to what is still held under its token, table by table, in the order of its rows."""
    rows: dict[Table, list[tuple[int, str]]] = {Reflection: [], Post: [], Picture: []}
    for one in held:
        rows[_table(one)].append((_number(one), one.token))

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


def _table(held: Leased) -> Table:
    return Reflection if isinstance(held, Visit) else Post if isinstance(held, Look) else Picture


def _number(held: Leased) -> int:
    return held.item if isinstance(held, Visit) else held.post if isinstance(held, Look) else held.picture


def _waited(row: Reflection | Post | Picture, now: datetime) -> bool:
    """Whether it waited long enough. What waits since later than now does so by a clock that was ahead."""
    return row.waits_since is not None and not timedelta() <= now - row.waits_since <= PATIENT


@dataclass(frozen=True, slots=True)
class _Taken:
    ids: list[int]
    token: str


def _due(queue: _Queue, now: datetime) -> ColumnElement[bool]:
    table, when = queue.table, queue.when
    # Wall clocks jump: what lies further ahead than its longest legal span counts as passed.
    due = or_(when <= now, when > now + queue.longest)
    if queue.first is not None:
        due = or_(due, and_(queue.first, when > now + LONGEST_FIRST_WAIT))
    free = or_(table.leased_until.is_(None), table.leased_until <= now, table.leased_until > now + 2 * LEASE)
    return and_(when.is_not(None), due, free)


def _looked_at(now: datetime) -> ColumnElement[bool]:
    """Whether the post was looked at first, or that takes too long."""
    under_way = and_(Post.lease.is_not(None), Post.leased_until > now)
    overdue = and_(Post.due_at <= now - LOOK_FIRST, not_(under_way))
    return or_(Post.looked_at.is_not(None), Post.due_at.is_(None), overdue)


def _claimed(
    engine: Engine,
    queue: _Queue,
    rows: Select[int],
    group: Group,
    most: int,
    now: datetime,
    take: Callable[[Session, _Taken], list[T]],
) -> list[T]:
    """What ``take`` makes of up to ``most`` of these rows that are due. Where the oldest of them are enough, the others
    are not looked at."""
    fair = _fair(rows, queue, group, now, NEAR * most)
    with Session(engine) as session:
        number = session.scalar(select(func.count()).select_from(fair)) or 0
    if not number:
        return []
    if number < most:
        fair = _fair(rows, queue, group, now, None)
    return _leased(engine, queue, _picked(fair, queue, most, now), now, take)


def _fair(rows: Select[int], queue: _Queue, group: Group, now: datetime, among: int | None) -> CTE:
    """Those of ``rows`` that are due, of the ``among`` oldest: the first of each group."""
    due = rows.add_columns(group.label("group"), *(column.label(f"by_{n}") for n, column in enumerate(queue.order)))
    oldest = due.where(_due(queue, now)).order_by(*queue.order).limit(among).subquery()
    order = [oldest.c[f"by_{n}"] for n in range(len(queue.order))]
    place = func.row_number().over(partition_by=oldest.c.group, order_by=order)
    ranked = select(oldest.c.id, place.label("place")).subquery()
    return _materialized(select(ranked.c.id).where(ranked.c.place <= FAIR), "fair")


def _picked(fair: CTE, queue: _Queue, most: int, now: datetime) -> CTE:
    """The first ``most`` of these, locked for us."""
    table = queue.table
    # PostgreSQL takes no window function beside a lock.
    free = select(table.id).where(table.id.in_(select(fair.c.id)), _due(queue, now))
    # No key is changed: so whoever just adds an item to a post, or its published bytes, does not hide it from us.
    locked = free.order_by(*queue.order).limit(most).with_for_update(skip_locked=True, key_share=True)
    return _materialized(locked, "picked")


def _materialized(rows: Select[Any], name: str) -> CTE:
    # PostgreSQL would fold the query into the UPDATE and look at the limit anew for each row.
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _leased(
    engine: Engine,
    queue: _Queue,
    picked: CTE,
    now: datetime,
    take: Callable[[Session, _Taken], list[T]],
) -> list[T]:
    """What ``take`` makes of the rows that were picked and are now ours."""
    table = queue.table
    if engine.dialect.name != "sqlite":
        these = table.id.in_(select(picked.c.id))
        return written(engine, lambda session: take(session, _lease(session, table, these, now)))
    # SQLite has one lock for all who write: we choose without it, and choose again where another took all of that.
    while ids := _chosen(engine, picked):
        free = and_(table.id.in_(ids), _due(queue, now))

        def work(session: Session, these: ColumnElement[bool] = free) -> list[T] | None:
            taken = _lease(session, table, these, now)
            return take(session, taken) if taken.ids else None

        if (found := written(engine, work)) is not None:
            return found
    return []


def _chosen(engine: Engine, picked: CTE) -> Sequence[int]:
    with Session(engine) as session:
        return session.scalars(select(picked.c.id)).all()


def _lease(session: Session, table: Table, these: ColumnElement[bool], now: datetime) -> _Taken:
    token = secrets.token_urlsafe(16)
    ids = session.scalars(
        update(table)
        .where(these)
        .values(lease=token, leased_until=now + LEASE)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).all()
    return _Taken(list(ids), token)


def _visit(item: Reflection, taken: _Taken, again: bool, now: datetime) -> Visit:
    was_found = item.state not in (State.RECEIVED, State.FAILED, State.GONE)
    return Visit(
        item=item.id,
        post=item.post_id,
        token=taken.token,
        host=item.host,
        source=stored(item.source),
        is_comment=item.kind == Kind.COMMENT,
        targets=tuple(filter(None, map(stored, _targets(item)))),
        due=item.due_at,
        attempts=item.attempts,
        deaths=item.deaths,
        validators=Validators(item.etag, item.modified) if was_found and (item.etag or item.modified) else None,
        post_exists=item.post.exists,
        received=item.received,
        vouch=_vouch(item) if item.latest is None else None,
        again=again,
        waited=_waited(item, now),
    )


def _targets(item: Reflection) -> list[str]:
    """Every form in which its target was given, and what its post is called by now: whoever follows a blog that moved
    puts the new address into his page."""
    return list(dict.fromkeys([*(arrival.target for arrival in item.arrivals), item.post.url]))


def _vouch(item: Reflection) -> Address | None:
    """The first that somebody named."""
    named = (stored((arrival.hints or {}).get("vouch")) for arrival in item.arrivals)
    return next(filter(None, named), None)
