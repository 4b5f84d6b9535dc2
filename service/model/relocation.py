"""A site's move to another address: which of its posts go with it, and the job that calls them by their new ones.

They are known by their new addresses from the transaction on that begins the move, all at once: what is sent there
comes to them, and readers of both addresses get the same thread. That each is called by its new address, and that its
items' record says so, is done some posts at a time (:mod:`workers.moving`), so that nobody else's writing waits long,
and goes on where it stands whatever dies. The old prefix stays the site's, and says where its pages went: a page of
which nobody has spoken yet is one post under both addresses too (:func:`service.model.post.named`).

A post at whose new address another one stands, with items of its own, stays where it is, and is named. Pages are not
looked at for that: thousands of one host would be asked for; each is when something comes for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    Engine,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model import post as posts
from service.model import site as sites
from service.model.base import Base, Moment
from service.model.batch import UNDO, Batch
from service.model.event import Event
from service.model.post import Post, PostAddress
from service.model.reflection import Arrival, Former, Reflection
from service.model.site import Site, SitePrefix
from service.values.address import LONGEST, Address, parse, post_key, prefix_key, prefix_keys, rebased, stored
from service.values.prefixes import Prefix, Prefixes
from service.values.state import State

MOVE_SITE = "move_site"
"""What a batch is called that moves a site."""

TOGETHER = 50
"""Posts that share a transaction."""

CHUNK = 5_000
"""Rows that share a statement: both databases take so many parameters."""

_QUIETLY = {"synchronize_session": False}

Thing = TypeVar("Thing")


class BadMove(ValueError):
    """A move that can't be had; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Relocation(Base):
    """One move of a site, under the number of its batch."""

    __tablename__ = "relocation"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    was: Mapped[str] = mapped_column(Text)
    to: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What is put back: the site's ``base``, the old prefix's ``url`` and where it led (``old``), the same of the new
    one (``there``, ``new``) unless it was ``added``."""
    working: Mapped[bool] = mapped_column(default=True)
    """Whether some of it, or of taking it back, is still to be done."""
    back_id: Mapped[int | None] = mapped_column(ForeignKey("batch.id"))
    """The batch that takes it back."""
    ended: Mapped[datetime | None] = mapped_column(Moment)


class Relocated(Base):
    """A post that goes along; with ``why``, where it stayed."""

    __tablename__ = "relocated"

    batch_id: Mapped[int] = mapped_column(ForeignKey("relocation.batch_id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True)
    was: Mapped[str] = mapped_column(Text)
    to: Mapped[str] = mapped_column(Text)
    keys: Mapped[list[str]] = mapped_column(JSON)
    """Those by which it is known since."""
    open: Mapped[bool] = mapped_column(default=True)
    """Whether it is still to be done."""
    why: Mapped[str | None] = mapped_column(String(16))


_relocation, _relocated = Relocation.__table__, Relocated.__table__
_of_job, _open = _relocation.c.batch_id, _relocated.c.open
Index("ix_relocation_working", _of_job, sqlite_where=_relocation.c.working, postgresql_where=_relocation.c.working)
Index("ix_relocated_open", _relocated.c.batch_id, _relocated.c.post_id, sqlite_where=_open, postgresql_where=_open)


@dataclass(frozen=True, slots=True)
class Going:
    """A post under the old prefix, and where it goes."""

    post: int
    was: str
    to: str
    keys: tuple[str, ...] = ()
    """By which it is known then, beside those that it has."""
    room: int | None = None
    """A post without items that makes room for it."""
    why: str | None = None
    """Why it stays: ``taken`` by another post with items, ``elsewhere``, as that is another site's, or too ``long``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move is about."""

    going: Sequence[Going] = ()
    staying: Sequence[Going] = ()
    items: int = 0
    """Those of the posts that go."""
    last: int = 0
    """The newest post that was looked at."""


def plan(session: Session, site: Site, old: Address, new: Address, after: int = 0) -> Plan:
    """Which posts newer than ``after`` would go, and which would stay. It only reads."""
    rows = session.execute(select(Post.id, Post.url).where(Post.site_id == site.id, Post.id > after).order_by(Post.id))
    known: dict[int, str] = dict(rows.tuples().all())
    wanted = list(_wanted(session, site, known, old, new))
    keys = _keys(session, site, {going.post for going in wanted}, old, new)
    holders = _holders(
        session, site, {key for some in keys.values() for key in some} | {_key(site, one.to) for one in wanted}
    )
    busy = _busy(session, set(holders.values())) | {going.post for going in wanted}
    planned = [_planned(site, going, keys.get(going.post, ()), holders, busy) for going in wanted]
    going = [one for one in planned if one.why is None]
    items = sum(_items(session, some) for some in _chunks([one.post for one in going]))
    return Plan(going, [one for one in planned if one.why is not None], items, max(known, default=after))


def begin(session: Session, site_id: int, old: Address, new: Address, planned: Plan, by: str, now: datetime) -> int:
    """Begins the move that was planned; its number. What was named since goes along. Raises :class:`BadMove`."""
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None:
        raise BadMove("not_ours")
    check(session, site, old, new)
    late = plan(session, site, old, new, planned.last)
    both = (*planned.going, *late.going)
    along = {one.post for one in both}
    going = [_still(session, one, along) for one in both]
    batch = Batch(by=by, made=now, what=MOVE_SITE, listed=planned.items + late.items)
    session.add(batch)
    session.flush()
    before = _lead(session, site, old, new)
    session.add(Relocation(batch_id=batch.id, site_id=site.id, was=old.page, to=new.page, before=before))
    session.flush()
    rows = [
        {
            "batch_id": batch.id,
            "post_id": one.post,
            "was": one.was,
            "to": one.to,
            "keys": list(one.keys),
            "open": one.why is None,
            "why": one.why,
        }
        for one in (*going, *planned.staying, *late.staying)
    ]
    if rows:
        session.connection().execute(insert(cast(Table, Relocated.__table__)), rows)
    posts.bind(session, site.id, [(one.post, key) for one in going if one.why is None for key in one.keys])
    return batch.id


def check(session: Session, site: Site, old: Address, new: Address) -> None:
    """Raises :class:`BadMove` where the site can't go there."""
    if session.scalar(select(Relocation.batch_id).where(Relocation.site_id == site.id, Relocation.working)) is not None:
        raise BadMove("busy")
    prefix = session.get(SitePrefix, prefix_key(old))
    if prefix is None or prefix.site_id != site.id:
        raise BadMove("not_ours")
    if new.page == prefix.url:
        raise BadMove("same")
    wrong = sites.unfit(session, site, new)
    if wrong:
        raise BadMove(wrong)


def take_back(session: Session, number: int, by: str, now: datetime) -> int | None:
    """Takes a move back, where it stands; the number of the batch that does. ``None`` where there is no such move, a
    later one of the same site stands, or the old address is another site's by now."""
    job = session.scalar(select(Relocation).where(Relocation.batch_id == number).with_for_update())
    if job is None or job.back_id is not None:
        return job.back_id if job else None
    later = (Relocation.site_id == job.site_id, Relocation.batch_id > number, Relocation.back_id.is_(None))
    left = session.get(SitePrefix, prefix_key(parse(job.was)))
    if session.scalar(select(Relocation.batch_id).where(*later).limit(1)) is not None:
        return None
    if left is not None and left.site_id != job.site_id:
        return None
    mine = (Relocated.batch_id == number, Relocated.why.is_(None))
    listed = session.scalar(select(Batch.listed).where(Batch.id == number)) or 0
    batch = Batch(by=by, made=now, what=UNDO, listed=listed, undoes=number)
    session.add(batch)
    session.flush()
    session.execute(update(Relocated).where(*mine).values(open=True), execution_options=_QUIETLY)
    job.back_id, job.working, job.ended = batch.id, True, None
    _lead_back(session, job)
    return batch.id


def turn(session: Session, now: datetime) -> int | None:
    """Does the next posts of a move; how many they were. ``None`` where there is none, or another worker has it."""
    query = select(Relocation).where(Relocation.working).order_by(Relocation.batch_id).limit(1)
    job = session.scalar(query.with_for_update(skip_locked=True))
    if job is None:
        return None
    mine = select(Relocated).where(Relocated.batch_id == job.batch_id, Relocated.open)
    rows = session.scalars(mine.order_by(Relocated.post_id).limit(TOGETHER)).all()
    found = _locked(session, [row.post_id for row in rows])
    if job.back_id is None:
        _forth(session, job, rows, found, now)
    else:
        _back(session, job, rows, found, now)
    if len(rows) < TOGETHER:
        job.working, job.ended = False, now
        if job.back_id is not None:
            _forget_prefix(session, job)
    session.flush()
    return len(rows)


def any_working(engine: Engine) -> bool:
    """Whether a site is on its way."""
    with Session(engine) as session:
        return session.scalar(select(Relocation.batch_id).where(Relocation.working).limit(1)) is not None


def _forth(
    session: Session, job: Relocation, rows: Sequence[Relocated], found: Mapping[int, Post], now: datetime
) -> None:
    site = session.get_one(Site, job.site_id)
    holders = _holders(session, site, {_key(site, row.to) for row in rows})
    moved = []
    for row in rows:
        row.open, post = False, found.get(row.post_id)
        if post is None or post.url != row.was:
            row.why = "moved"
        elif holders.get(_key(site, row.to)) != post.id:
            row.why = "taken"
        else:
            post.url, post.version = row.to, post.version + 1
            moved.append(post.id)
    _tell(session, moved, job.to, job.batch_id, now)


def _back(
    session: Session, job: Relocation, rows: Sequence[Relocated], found: Mapping[int, Post], now: datetime
) -> None:
    assert job.back_id is not None
    moved = []
    for row in rows:
        row.open, post = False, found.get(row.post_id)
        if post is None or post.url not in (row.was, row.to):
            row.why = "moved"
            continue
        if post.url != row.was:
            post.url, post.version = row.was, post.version + 1
            moved.append(post.id)
        if row.keys:
            gained = (PostAddress.post_id == post.id, PostAddress.key.in_(row.keys))
            session.execute(delete(PostAddress).where(*gained), execution_options=_QUIETLY)
    _tell(session, moved, job.was, job.back_id, now)


def _tell(session: Session, moved: Sequence[int], where: str, batch: int, now: datetime) -> None:
    """Says in the record of each of their items where its site went."""
    if not moved:
        return
    by = session.get_one(Batch, batch).by
    said = {"at": now, "by": by, "details": {"site": where}, "batch_id": batch}
    told = [literal(value, Event.__table__.c[name].type) for name, value in said.items()]
    items = select(Reflection.site_id, Reflection.id, Reflection.state, Reflection.state, *told)
    names = ["site_id", "reflection_id", "came_from", "went_to", *said]
    those = items.where(Reflection.post_id.in_(moved), Reflection.state != State.ERASED).order_by(Reflection.id)
    session.execute(insert(Event).from_select(names, those))


def _wanted(session: Session, site: Site, known: Mapping[int, str], old: Address, new: Address) -> Iterator[Going]:
    """Those of the posts that are under the old prefix and no longer one of the site's."""
    prefixes = sites.prefixes(session, site.id)
    own = Prefixes({**prefixes.known, prefix_key(new): Prefix(new), prefix_key(old): Prefix(old)})
    foreign = set(session.scalars(select(SitePrefix.key).where(SitePrefix.site_id != site.id)))
    for post, url in known.items():
        address = stored(url)
        to = rebased(address, old, new) if address and own.of(address) == prefix_key(old) else None
        if to is None or to.page == url:
            continue
        elsewhere = any(key in foreign for key in prefix_keys(to) if len(key) > len(prefix_key(new)))
        why = "elsewhere" if elsewhere else "long" if len(to.url) > LONGEST else None
        yield Going(post, url, to.page, why=why)


def _keys(session: Session, site: Site, those: Collection[int], old: Address, new: Address) -> Mapping[int, list[str]]:
    """The keys that each of these posts would have beside its own: of all its addresses under the old prefix."""
    found: dict[int, list[str]] = {}
    if not those:
        return found
    base, front = prefix_key(old), prefix_key(old).rstrip("/")
    for post, key in session.execute(
        select(PostAddress.post_id, PostAddress.key).where(PostAddress.site_id == site.id)
    ):
        if post in those and (key == front or key.startswith((base, f"{front}?"))):
            to = rebased(parse(f"{old.scheme}://{key}", longest=None), old, new)
            if to is not None and len(to.url) <= LONGEST:
                found.setdefault(post, []).append(post_key(to, site.slash_matters))
    return found


def _planned(site: Site, going: Going, keys: Sequence[str], holders: Mapping[str, int], busy: Collection[int]) -> Going:
    if going.why is not None:
        return going
    own = _key(site, going.to)
    holder = holders.get(own, going.post)
    if holder != going.post and holder in busy:
        return replace(going, why="taken")
    gained = sorted({key for key in (own, *keys) if key not in holders or (key == own and holder != going.post)})
    return replace(going, keys=tuple(gained), room=holder if holder != going.post else None)


def _still(session: Session, going: Going, along: Collection[int]) -> Going:
    """A post for which another makes room, if that has no items by now: it goes, and its readers get what is here."""
    if going.room is None:
        return going
    if going.room in along or _busy(session, [going.room]):
        return replace(going, why="taken", keys=())
    post, other = session.get_one(Post, going.post), session.get(Post, going.room)
    if other is not None:
        had = session.scalars(select(PostAddress.key).where(PostAddress.post_id == other.id)).all()
        post.version = max(post.version, other.version) + 1
        session.execute(update(PostAddress).where(PostAddress.post_id == other.id).values(post_id=post.id))
        session.execute(delete(Post).where(Post.id == other.id))
        return replace(going, keys=tuple(sorted({*going.keys, *had})))
    return going


def _lead(session: Session, site: Site, old: Address, new: Address) -> dict[str, Any]:
    """Lets the site's prefixes lead to the new one; what is put back when the move is."""
    left = session.get_one(SitePrefix, prefix_key(old))
    there = session.get(SitePrefix, prefix_key(new))
    before = {
        "base": site.base_url,
        "old": left.moved_to,
        "new": there.moved_to if there else None,
        "added": there is None,
        "there": there.url if there else None,
        "url": left.url,
    }
    if there is None:
        there = SitePrefix(key=prefix_key(new), site_id=site.id, url=new.page)
        session.add(there)
    left.moved_to = new.page
    there.moved_to = None
    there.url = new.page
    if stored(site.base_url) is not None and prefix_key(parse(site.base_url)) == prefix_key(old):
        site.base_url = new.page
    session.flush()
    return before


def _lead_back(session: Session, job: Relocation) -> None:
    site, before = session.get_one(Site, job.site_id), job.before
    old, new = parse(job.was), parse(job.to)
    left = session.get(SitePrefix, prefix_key(old))
    if left is None:
        left = SitePrefix(key=prefix_key(old), site_id=site.id, url=before["url"])
        session.add(left)
    there = session.get(SitePrefix, prefix_key(new))
    if there is not None:
        there.url, there.moved_to = before["there"] or there.url, before["new"]
    left.url, left.moved_to = before["url"], before["old"]
    if site.base_url == job.to:
        site.base_url = before["base"]
    session.flush()


def _forget_prefix(session: Session, job: Relocation) -> None:
    """The prefix that the move brought goes with it, unless something came for it."""
    new, began = parse(job.to), session.get_one(Batch, job.batch_id).made
    key = prefix_key(new)
    if not job.before["added"]:
        return
    known = select(PostAddress.id).where(PostAddress.site_id == job.site_id, sites.under(PostAddress.key, key))
    schemes = or_(*(sites.under(Arrival.target, f"{scheme}://{key}") for scheme in ("https", "http")))
    sent = select(Arrival.id).join(Reflection, Reflection.id == Arrival.reflection_id)
    sent = sent.where(Reflection.site_id == job.site_id, Arrival.first >= began, schemes)
    if session.scalar(known.limit(1)) is None and session.scalar(sent.limit(1)) is None:
        session.execute(delete(SitePrefix).where(SitePrefix.key == key, SitePrefix.site_id == job.site_id))


def _locked(session: Session, ids: Sequence[int]) -> Mapping[int, Post]:
    query = select(Post).where(Post.id.in_(ids)).order_by(Post.id).with_for_update()
    return {post.id: post for post in session.scalars(query.execution_options(populate_existing=True))}


def _holders(session: Session, site: Site, keys: Collection[str]) -> dict[str, int]:
    """The posts that are known by these keys."""
    found: dict[str, int] = {}
    for some in _chunks(sorted(keys)):
        query = select(PostAddress.key, PostAddress.post_id).where(PostAddress.site_id == site.id)
        found.update((key, post) for key, post in session.execute(query.where(PostAddress.key.in_(some))))
    return found


def _busy(session: Session, those: Collection[int]) -> set[int]:
    """Those of these posts that have items, or had one that was moved away."""
    found: set[int] = set()
    for some in _chunks(sorted(those)):
        query = union(*(select(table.post_id).where(table.post_id.in_(some)) for table in (Reflection, Former)))
        found.update(session.scalars(query))
    return found


def _items(session: Session, those: Sequence[int]) -> int:
    query = select(func.count()).where(Reflection.post_id.in_(those), Reflection.state != State.ERASED)
    return session.scalar(query) or 0


def _key(site: Site, url: str) -> str:
    return post_key(parse(url, longest=None), site.slash_matters)


def _chunks(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    return (things[start : start + CHUNK] for start in range(0, len(things), CHUNK))
