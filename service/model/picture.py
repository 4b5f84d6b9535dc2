"""Authors' pictures: one row an address and day, however many items name it, with our own small copy of what was there.

A copy is never exchanged: what readers see is what whoever let the words beside it through has seen with them
(:func:`pin`), and whoever puts other bytes at the same address has them looked at like other words.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment
from service.model.insert import insert
from service.model.post import publish
from service.model.reflection import Reflection, public
from service.model.revision import Revision
from service.values.address import Address
from service.values.portrait import is_hash

UNUSED = timedelta(hours=1)
"""How long the copy of what nobody names any more is kept, so that an item that is just changing finds it."""


BATCH = 200
"""Rows that are dropped in one go, so that no other write waits long."""


class Picture(Base):
    """One author's picture. It is due for a fetch by its own columns, like a reflection for its verification."""

    __tablename__ = "picture"
    __table_args__ = (UniqueConstraint("url", "day"), Index("ix_picture_due", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column()
    """The day (UTC) on which it was wanted: an address is asked once a day at the most."""
    host: Mapped[str] = mapped_column(Text)
    """Its registrable domain."""
    wanted: Mapped[datetime] = mapped_column(Moment)
    """When an item last named it."""
    fetched: Mapped[datetime | None] = mapped_column(Moment)
    hash: Mapped[str | None] = mapped_column(String(32), index=True)
    """Of the copy, by which it is asked for; ``None`` where there is no copy."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The copy (WebP, :mod:`service.values.portrait`)."""
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    """In vain, since it was last due anew."""
    deaths: Mapped[int] = mapped_column(default=0)
    waits_since: Mapped[datetime | None] = mapped_column(Moment)


_picture, _revision, _reflection = Picture.__table__, Revision.__table__, Reflection.__table__
_SHOWN = and_(
    _revision.c.picture_id == _picture.c.id,
    _reflection.c.id == _revision.c.reflection_id,
    _reflection.c.shown == _revision.c.number,
    public(_reflection),
)


def want(session: Session, address: Address, now: datetime) -> int:
    """The id of today's picture at this address; one that is new is due for a fetch.

    Its row is changed in any case, so that whoever tidies at the same time leaves it.
    """
    row = {"url": address.page, "day": now.date(), "host": address.domain, "wanted": now, "due_at": now, "attempts": 0}
    again = {"wanted": now}
    given = insert(session, Picture).values(row).on_conflict_do_update(index_elements=["url", "day"], set_=again)
    number: int = session.scalars(given.returning(Picture.id)).one()
    return number


def read(session: Session, name: str, among: ColumnElement[bool]) -> bytes | None:
    """The copy of this hash, where an item ``among`` these has it, in whatever state."""
    named = and_(_revision.c.picture_id == _picture.c.id, _reflection.c.id == _revision.c.reflection_id, among)
    return _read(session, name, named)


def read_public(session: Session, name: str) -> bytes | None:
    """The copy of this hash, where an approved item shows it."""
    return _read(session, name, and_(_SHOWN, _revision.c.portrait == name))


def pin(session: Session, reflection: int, number: int, seen: str | None) -> bool:
    """Lets readers see with this revision the copy that whoever decides has ``seen`` (its hash), if that is its own,
    and else none; whether that changes anything."""
    own = (_picture.c.id == _revision.c.picture_id, _picture.c.hash == seen)
    return _put(session, reflection, number, select(_picture.c.hash).where(*own).scalar_subquery(), welcome=False)


def add(session: Session, reflection: int, number: int, seen: str) -> bool:
    """The same for a revision that is up already: what readers see stays where ``seen`` is not its own copy."""
    name = select(Picture.hash).join(Revision, Revision.picture_id == Picture.id)
    own = session.scalar(name.where(Revision.reflection_id == reflection, Revision.number == number))
    return own == seen and pin(session, reflection, number, seen)


def welcome(session: Session, reflection: int, number: int) -> bool:
    """Lets readers see with this revision the copy that is there now, or one that comes later (:func:`follow`); whether
    that changes anything. Whoever brings a copy waits until this is done, or is waited for."""
    own = select(_revision.c.picture_id).where(_revision.c.reflection_id == reflection, _revision.c.number == number)
    session.execute(select(Picture.id).where(Picture.id == own.scalar_subquery()).with_for_update())
    copy = select(_picture.c.hash).where(_picture.c.id == _revision.c.picture_id).scalar_subquery()
    return _put(session, reflection, number, copy, welcome=True)


def pinned(session: Session, reflection: int, number: int) -> tuple[str | None, bool]:
    """The copy that readers see with this revision, and whether another may follow: for :func:`put_back`."""
    these = Revision.reflection_id == reflection, Revision.number == number
    found = session.execute(select(Revision.portrait, Revision.welcome).where(*these)).first()
    return (found.portrait, found.welcome) if found else (None, False)


def put_back(session: Session, reflection: int, number: int, name: str | None, welcome: bool) -> bool:
    """Lets readers see with this revision what they saw once (:func:`pinned`); whether that changes anything."""
    return _put(session, reflection, number, literal(name, String), welcome)


def _put(session: Session, reflection: int, number: int, copy: ColumnElement[Any], welcome: bool) -> bool:
    changes = or_(_revision.c.portrait.is_distinct_from(copy), _revision.c.welcome.is_distinct_from(welcome))
    done = session.execute(
        update(Revision)
        .where(Revision.reflection_id == reflection, Revision.number == number, changes)
        .values(portrait=copy, welcome=welcome)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def follow(session: Session, picture: int, name: str) -> None:
    """Shows a copy that has just come with all that was welcome before, and ends their posts' published versions."""
    shown = and_(_SHOWN, _picture.c.id == picture, _revision.c.welcome, _revision.c.portrait.is_(None))
    found = session.execute(select(_revision.c.id, _reflection.c.post_id).where(shown)).all()
    revisions, posts = {row.id for row in found}, {row.post_id for row in found}
    session.execute(
        update(Revision)
        .where(Revision.id.in_(sorted(revisions)))
        .values(portrait=name)
        .execution_options(synchronize_session=False)
    )
    publish(session, posts)


def any_unused(engine: Engine, now: datetime) -> bool:
    """Whether there is something to tidy."""
    with Session(engine) as session:
        return session.scalar(select(Picture.id).where(_unused(now)).limit(1)) is not None


def tidy(session: Session, now: datetime) -> int:
    """Drops pictures that no item names any more, :data:`BATCH` at the most; how many they were."""
    some = select(Picture.id).where(_unused(now)).limit(BATCH)
    # Once more, for what was wanted again meanwhile.
    unused = delete(Picture).where(Picture.id.in_(some), _unused(now))
    dropped = session.execute(unused.execution_options(synchronize_session=False))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _unused(now: datetime) -> ColumnElement[bool]:
    used = select(Revision.id).where(Revision.picture_id == Picture.id).exists()
    return and_(Picture.wanted < now - UNUSED, ~used)


def _read(session: Session, name: str, where: ColumnElement[bool]) -> bytes | None:
    if not is_hash(name):
        return None
    of_an_item = select(_reflection.c.id).where(where).exists()
    return session.scalar(select(Picture.body).where(Picture.hash == name, of_an_item).limit(1))
