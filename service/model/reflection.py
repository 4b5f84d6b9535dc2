"""Reflections: one row an item, unique on post and source key, with every way in which it came."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    literal,
    or_,
    select,
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
        Index("ix_reflection_queue", "site_id", "state", "id"),
        Index("ix_reflection_host_due", "host", "due_at"),
        Index("ix_reflection_thread", "post_id", "state", "id"),
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
    missing_since: Mapped[datetime | None] = mapped_column(Moment)
    """When the source first answered 404 after it was found."""
    etag: Mapped[str | None] = mapped_column(Text)
    modified: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)

    post: Mapped[Post] = relationship()
    arrivals: Mapped[list[Arrival]] = relationship(cascade="all, delete-orphan")
    revisions: Mapped[list[Revision]] = relationship(cascade="all, delete-orphan", order_by=Revision.number.desc())


class Arrival(Base):
    """One protocol and one form of the target by which an item came."""

    __tablename__ = "arrival"
    __table_args__ = (UniqueConstraint("reflection_id", "protocol", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    protocol: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(Text)
    first: Mapped[datetime] = mapped_column(Moment)
    hints: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What the sender said beside the addresses: a trackback's words, a vouch."""


@dataclass(frozen=True, slots=True)
class Upserted:
    """The item of a source under a post."""

    id: int
    uid: str
    known: Reflection | None
    """The item as it was, where it was there already; ``None`` where it is new."""


_reflection = Reflection.__table__
_STATE = select(_reflection.c.state).where(
    _reflection.c.post_id == bindparam("post_id"), _reflection.c.source_key == bindparam("source_key")
)
_NEW, _FIRST_ARRIVAL = giving_way(Reflection), giving_way(Arrival)


def state_of(session: Session, post_id: int, source_key: str) -> State | None:
    """The state of this source's item under this post, if there is one."""
    state: State | None = session.scalar(_STATE, {"post_id": post_id, "source_key": source_key})
    return state


def upsert(session: Session, post_id: int, source_key: str, new: Mapping[str, Any]) -> Upserted:
    """The one item of this source under this post, however many come at once; ``new`` are the columns of a new one.

    On PostgreSQL a known item stays locked until the transaction ends, so nobody changes it in between.
    """
    uid = new_uid()
    row = {**new, "uid": uid, "post_id": post_id, "source_key": source_key}
    made = session.scalar(_NEW[dialect(session)], row)
    if made is not None:
        return Upserted(made, uid, None)
    item = session.scalars(
        select(Reflection)
        .where(Reflection.post_id == post_id, Reflection.source_key == source_key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return Upserted(item.id, item.uid, item)


def arrive(
    session: Session, item: int, protocol: str, target: Address, hints: Mapping[str, Any] | None, now: datetime
) -> None:
    """Keeps by which protocol and with which form of the target an item came, once each.

    The first words said with it stay: a stranger who sends the pair again can't exchange them.
    """
    row = _arrival(item, protocol, target, hints, now)
    ways = select(func.count()).select_from(Arrival).where(Arrival.reflection_id == item).scalar_subquery()
    values = [literal(value, Arrival.__table__.c[name].type) for name, value in row.items()]
    session.execute(
        insert(session, Arrival)
        .from_select(list(row), select(*values).where(or_(ways < MOST_FORMS, literal(untracked(target) == target))))
        .on_conflict_do_nothing()
    )


def arrive_first(
    session: Session, item: int, protocol: str, target: Address, hints: Mapping[str, Any] | None, now: datetime
) -> None:
    """The same for an item that is new in this transaction: there is nothing to count yet."""
    session.execute(_FIRST_ARRIVAL[dialect(session)], _arrival(item, protocol, target, hints, now))


def _arrival(
    item: int, protocol: str, target: Address, hints: Mapping[str, Any] | None, now: datetime
) -> dict[str, Any]:
    row = {"reflection_id": item, "protocol": protocol, "target": target.url, "first": now}
    return {**row, "hints": hints} if hints else row
