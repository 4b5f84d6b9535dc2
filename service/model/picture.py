"""Authors' pictures: one row an address, however many items name it, with our own small copy of what is there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Index, LargeBinary, String, Text, and_, case, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment
from service.model.insert import insert
from service.model.post import Post
from service.model.reflection import Reflection, public
from service.model.revision import Revision
from service.values.address import Address
from service.values.portrait import is_hash

FRESH = timedelta(days=1)
"""How old a copy may be before the next item that names it has it fetched again."""

UNUSED = timedelta(hours=1)
"""How long the copy of what nobody names any more is kept, so that an item that is just changing finds it."""


class Picture(Base):
    """One author's picture. It is due for a fetch by its own columns, like a reflection for its verification."""

    __tablename__ = "picture"
    __table_args__ = (Index("ix_picture_due", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text, unique=True)
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


_picture, _revision, _reflection = Picture.__table__, Revision.__table__, Reflection.__table__
_SHOWN = and_(
    _revision.c.picture_id == _picture.c.id,
    _reflection.c.id == _revision.c.reflection_id,
    _reflection.c.shown == _revision.c.number,
    public(_reflection),
)


def want(session: Session, address: Address, now: datetime) -> int:
    """The id of the picture at this address; one that is new, or old by now, is due for a fetch.

    Its row is changed in any case, so that whoever tidies at the same time leaves it.
    """
    row = {"url": address.page, "host": address.domain, "wanted": now, "due_at": now, "attempts": 0}
    stale = and_(Picture.due_at.is_(None), or_(Picture.fetched.is_(None), Picture.fetched < now - FRESH))
    again = {"wanted": now, "due_at": case((stale, now), else_=Picture.due_at)}
    given = insert(session, Picture).values(row).on_conflict_do_update(index_elements=["url"], set_=again)
    number: int = session.scalars(given.returning(Picture.id)).one()
    return number


def read(session: Session, name: str, among: ColumnElement[bool]) -> bytes | None:
    """The copy of this hash, where an item ``among`` these has it, in whatever state."""
    named = and_(_revision.c.picture_id == _picture.c.id, _reflection.c.id == _revision.c.reflection_id, among)
    return _read(session, name, named)


def read_public(session: Session, name: str) -> bytes | None:
    """The copy of this hash, where an approved item shows it."""
    return _read(session, name, _SHOWN)


def republish(session: Session, picture: int) -> None:
    """Ends the published version of each post that shows this picture."""
    posts = select(_reflection.c.post_id).where(_SHOWN, _picture.c.id == picture)
    session.execute(
        update(Post)
        .where(Post.id.in_(posts))
        .values(version=Post.version + 1)
        .execution_options(synchronize_session=False)
    )


def any_unused(engine: Engine, now: datetime) -> bool:
    """Whether there is something to tidy."""
    with Session(engine) as session:
        return session.scalar(select(Picture.id).where(_unused(now)).limit(1)) is not None


def tidy(session: Session, now: datetime) -> int:
    """Drops the pictures that no item names any more; how many they were."""
    dropped = session.execute(delete(Picture).where(_unused(now)).execution_options(synchronize_session=False))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _unused(now: datetime) -> ColumnElement[bool]:
    used = select(Revision.id).where(Revision.picture_id == Picture.id).exists()
    return and_(Picture.wanted < now - UNUSED, ~used)


def _read(session: Session, name: str, where: ColumnElement[bool]) -> bytes | None:
    if not is_hash(name):
        return None
    of_an_item = select(_reflection.c.id).where(where).exists()
    return session.scalar(select(Picture.body).where(Picture.hash == name, of_an_item).limit(1))
