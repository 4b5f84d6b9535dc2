"""Reflections: one row an item, unique on post and source key, with every way in which it came."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.model.base import Base, Moment, StateName
from service.model.insert import dialect, giving_way, insert
from service.model.post import Post
from service.model.revision import Revision
from service.values.address import Address, untracked
from service.values.state import State

MOST_FORMS = 50
"""Ways to have come (a protocol with a form of the target) that are kept of one item. Past that, forms with a fragment
or tracking parameters, of which there are as many as somebody likes, are not kept any more; plain ones always are, so
nobody can keep another's claim from being verified."""


def new_uid() -> str:
    """A public id of 128 random bits."""
    return secrets.token_urlsafe(16)


class Reflection(Base):
    """One item that points at a post. Its state is changed by ``service.model.states.step`` alone."""

    __tablename__ = "reflection"
    __table_args__ = (
        UniqueConstraint("post_id", "source_key"),
        Index("ix_reflection_due", "due_at"),
        Index("ix_reflection_received", "received"),
        Index("ix_reflection_host", "host", "id"),
        Index("ix_reflection_post", "post_id", "id"),
        Index("ix_reflection_site", "site_id", "id"),
        Index("ix_reflection_again", "again_at"),
        Index("ix_reflection_queue", "site_id", "state", "id"),
        Index("ix_reflection_record", "host", "site_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("reflection.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str | None] = mapped_column(Text)
    source_key: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the source's normal form without the fragment, or of a comment's key."""
    moved_key: Mapped[str | None] = mapped_column(String(64))
    """The same of the address to which the source has moved for good on its own host, as long as it says so: a claim
    from there is this item's, unless that address has an item of its own."""
    host: Mapped[str | None] = mapped_column(Text)
    """The source's registrable domain."""
    state: Mapped[State] = mapped_column(StateName)
    owner: Mapped[bool] = mapped_column(default=False)
    received: Mapped[datetime] = mapped_column(Moment)
    checked: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str | None] = mapped_column(String(32))
    reason_details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    latest: Mapped[int | None] = mapped_column()
    """The number of the newest revision."""
    shown: Mapped[int | None] = mapped_column()
    """The number of the revision that is, or was last, public."""
    decided: Mapped[int | None] = mapped_column()
    """The number of the newest revision that somebody decided."""
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule.id", ondelete="SET NULL"))
    """The rule by which it is where it is, until somebody decides."""
    missing_since: Mapped[datetime | None] = mapped_column(Moment)
    """When the source first answered 404 after it was found."""
    etag: Mapped[str | None] = mapped_column(Text)
    modified: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When to visit it because somebody asked, or the last visit has to be repeated."""
    approved: Mapped[datetime | None] = mapped_column(Moment)
    """When it was approved, the last time."""
    again_at: Mapped[datetime | None] = mapped_column(Moment)
    """When to look again by ourselves at what is up; such looks come after all that is due."""
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    waits_since: Mapped[datetime | None] = mapped_column(Moment)
    """Since when it waits, without an attempt, for a host that asks for patience."""

    post: Mapped[Post] = relationship()
    arrivals: Mapped[list[Arrival]] = relationship(cascade="all, delete-orphan")
    revisions: Mapped[list[Revision]] = relationship(cascade="all, delete-orphan", order_by=Revision.number.desc())


# What is asked for all the time has indexes that hold it alone. The databases take them where a query has the very same
# condition, so its states stand in the SQL itself and not as parameters.


def up(reflection: FromClause) -> ColumnElement[bool]:
    """Whether an item is approved."""
    return reflection.c.state == literal_column("'approved'")


def public(reflection: FromClause) -> ColumnElement[bool]:
    """Whether readers see an item."""
    return up(reflection) & reflection.c.shown.is_not(None)


def waits(reflection: FromClause) -> ColumnElement[bool]:
    """Whether a person is asked: it is pending, or up with a newer revision than the last one decided."""
    pending = reflection.c.state == literal_column("'pending'")
    changed = reflection.c.latest > func.coalesce(reflection.c.decided, literal_column("0"))
    return pending | (up(reflection) & changed)


def came(reflection: FromClause) -> ColumnElement[bool]:
    """Whether an item came on any day, which every one did: said where a day is asked for."""
    return reflection.c.received >= literal_column("'0001-01-01'")


_reflection = Reflection.__table__


def _of_those(name: str, condition: ColumnElement[bool], *columns: str) -> None:
    """An index that holds these alone."""
    Index(name, *(_reflection.c[column] for column in columns), sqlite_where=condition, postgresql_where=condition)


# SQLite reads the condition's own columns from the row, unless the index has them too.
_of_those("ix_reflection_thread", public(_reflection), "post_id", "id", "parent_id", "state", "shown")
_of_those("ix_reflection_counts", public(_reflection), "post_id", "kind", "state", "shown")
_of_those("ix_reflection_replies", public(_reflection), "parent_id", "id")
# For lists of a state by day alone: SQLite, which knows no figures, would take it for those that name no day too.
Index("ix_reflection_came", _reflection.c.state, _reflection.c.received, sqlite_where=came(_reflection))
_of_those("ix_reflection_moved", _reflection.c.moved_key.is_not(None), "post_id", "moved_key")
_of_those("ix_reflection_ruled", _reflection.c.rule_id.is_not(None), "rule_id", "state", "id")
_of_those("ix_reflection_up", up(_reflection), "id")
_of_those("ix_reflection_not_up", ~up(_reflection), "state", "id")
_of_those("ix_reflection_waiting", waits(_reflection), "id")
_of_those("ix_reflection_site_waiting", waits(_reflection), "site_id", "id")


class Arrival(Base):
    """One protocol and one form of the target by which an item came."""

    __tablename__ = "arrival"
    __table_args__ = (UniqueConstraint("reflection_id", "protocol", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    protocol: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(Text)
    first: Mapped[datetime] = mapped_column(Moment)
    hints: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the sender said beside the addresses: a trackback's words, a vouch."""


class Former(Base):
    """A pair whose item stands under another post, since somebody moved it there: what is sent for it comes to that."""

    __tablename__ = "former"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    source_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"), index=True)


Pair = tuple[int, str]
"""A post's id, and the key of a source."""


@dataclass(frozen=True, slots=True)
class Met:
    """The item that a pair comes to."""

    key: str
    """Its own key."""
    state: State
    post_id: int
    """The post under which it stands."""


@dataclass(frozen=True, slots=True)
class Upserted:
    """The item of a source under a post."""

    id: int
    uid: str
    known: Reflection | None
    """The item as it was, where it was there already; ``None`` where it is new."""


_wanted_post = _reflection.c.post_id.in_(bindparam("post_ids", expanding=True))
_wanted_keys: BindParameter[str] = bindparam("source_keys", expanding=True)
_speaks = (_reflection.c.state.in_((State.PENDING, State.APPROVED)) & _reflection.c.reason.is_(None)) | (
    _reflection.c.state == State.ERASED
)
"""Whether an item may take a claim from its new address along: not where it was turned away, or can't be read now. One
that is erased does, so that it does not come back from there."""
_former = Former.__table__
_of_it = (_reflection.c.source_key, _reflection.c.state, _reflection.c.id, _reflection.c.post_id)
_MET = union_all(
    *(
        select(_reflection.c.post_id.label("asked"), key, *_of_it).where(_wanted_post, key.in_(_wanted_keys), allowed)
        for key, allowed in ((_reflection.c.source_key, true()), (_reflection.c.moved_key, _speaks))
    ),
    select(_former.c.post_id, _former.c.source_key, *_of_it)
    .join_from(_former, _reflection, _reflection.c.id == _former.c.reflection_id)
    .where(
        _former.c.post_id.in_(bindparam("post_ids", expanding=True)),
        _former.c.source_key.in_(bindparam("source_keys", expanding=True)),
    ),
)
_ITEMS = (
    select(Reflection)
    .where(
        Reflection.post_id.in_(bindparam("post_ids", expanding=True)),
        Reflection.source_key.in_(bindparam("source_keys", expanding=True)),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)
_NEW, _FIRST_ARRIVALS = giving_way(Reflection, "uid", "id"), giving_way(Arrival)


def met(session: Session, pairs: Collection[Pair]) -> Mapping[Pair, Met]:
    """The item of each pair, in one query: its own, else the one whose source has moved there for good, or that
    somebody moved to another post. Where there is none, the pair is left out."""
    if not pairs:
        return {}
    rows = session.execute(_MET, _wanted(pairs)).all()
    found = sorted(rows, key=lambda row: ((row[0], row[1]) == (row[5], row[2]), -row[4]))
    return {(asked, key): Met(own, state, post) for asked, key, own, state, _, post in found}


def upsert(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[Upserted]:
    """The one item of each row's source under its post, however many come at once; ``rows`` are the columns of new
    ones. Of several rows for one item the first makes it, and to the others it is known.

    On PostgreSQL a known item stays locked until the transaction ends, so nobody changes it in between.
    """
    new: dict[Pair, Mapping[str, Any]] = {}
    again: set[Pair] = set()
    for row in rows:
        pair = row["post_id"], row["source_key"]
        if pair in new:
            again.add(pair)
        else:
            new[pair] = {**row, "uid": new_uid()}
    made: dict[str, int] = dict(session.execute(_NEW[dialect(session)], list(new.values())).all())
    again.update(pair for pair, row in new.items() if row["uid"] not in made)
    found = session.scalars(_ITEMS, _wanted(again)) if again else ()
    items = {(item.post_id, item.source_key): item for item in found}
    upserted = []
    for row in rows:
        pair = row["post_id"], row["source_key"]
        uid = new[pair]["uid"]
        item = None if uid in made else items[pair]
        upserted.append(Upserted(item.id, item.uid, item) if item else Upserted(made.pop(uid), uid, None))
    return upserted


def arrive(
    session: Session, item: int, protocol: str, target: Address, hints: Mapping[str, Any] | None, now: datetime
) -> None:
    """Keeps by which protocol and with which form of the target an item came, once each.

    The first words said with it stay: a stranger who sends the pair again can't exchange them.
    """
    row = arrival(item, protocol, target, hints, now)
    ways = select(func.count()).select_from(Arrival).where(Arrival.reflection_id == item).scalar_subquery()
    values = [literal(value, Arrival.__table__.c[name].type) for name, value in row.items()]
    session.execute(
        insert(session, Arrival)
        .from_select(list(row), select(*values).where(or_(ways < MOST_FORMS, literal(untracked(target) == target))))
        .on_conflict_do_nothing()
    )


def arrive_first(session: Session, arrivals: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the arrivals of items that are new in this transaction: there is nothing to count yet."""
    if arrivals:
        session.execute(_FIRST_ARRIVALS[dialect(session)], arrivals)


def arrival(
    item: int, protocol: str, target: Address, hints: Mapping[str, Any] | None, now: datetime
) -> Mapping[str, Any]:
    """The columns of an arrival."""
    return {"reflection_id": item, "protocol": protocol, "target": target.url, "first": now, "hints": hints or None}


def _wanted(pairs: Collection[Pair]) -> Mapping[str, Any]:
    return {"post_ids": sorted({post for post, _ in pairs}), "source_keys": sorted({key for _, key in pairs})}
