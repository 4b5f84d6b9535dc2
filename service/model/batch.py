"""Batches: what somebody decided in one go; each of its events names it, and all of it is taken back at once.

What is too much for one request is a job: which items it wants, and what was seen of them, is written down first, and
a worker does them one after the other (:mod:`workers.bulk`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Engine, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment, StateName
from service.values.state import State

UNDO = "undo"
"""What a batch is that takes another back."""


class Batch(Base):
    """One decision about many items, or the undoing of one. It is seen where one of its events is seen."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(Text)
    made: Mapped[datetime] = mapped_column(Moment)
    what: Mapped[str] = mapped_column(String(16))
    """The state that was asked for, or :data:`UNDO`."""
    listed: Mapped[int] = mapped_column()
    """How many items it was asked of; its events say of how many it was done."""
    asked: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    """The search that listed them, as its query; ``None`` where it is no job."""
    undoes: Mapped[int | None] = mapped_column(ForeignKey("batch.id"), index=True)
    """The job that it takes back."""
    working: Mapped[bool] = mapped_column(default=False)
    """Whether some of it is still to be done."""
    done: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    """How many it left as they were, because something happened to them since they were listed."""
    ended: Mapped[datetime | None] = mapped_column(Moment)


class Wanted(Base):
    """An item that a job wants, until it is done; with ``why``, where it was left as it was."""

    __tablename__ = "wanted"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    reflection_id: Mapped[int] = mapped_column(
        ForeignKey("reflection.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    came_from: Mapped[State] = mapped_column(StateName)
    """The state in which it was listed."""
    seen: Mapped[int | None] = mapped_column()
    """Its newest revision then."""
    event_id: Mapped[int | None] = mapped_column()
    """What is to be taken back."""
    why: Mapped[str | None] = mapped_column(String(16))


_batch, _wanted = Batch.__table__, Wanted.__table__
Index("ix_batch_working", _batch.c.id, sqlite_where=_batch.c.working, postgresql_where=_batch.c.working)
_open = _wanted.c.why.is_(None)
_place = [_wanted.c[name] for name in ("batch_id", "reflection_id")]
Index("ix_wanted_open", *_place, sqlite_where=_open, postgresql_where=_open)


def any_working(engine: Engine) -> bool:
    """Whether there is a job to be worked off."""
    with Session(engine) as session:
        return session.scalar(select(Batch.id).where(Batch.working).limit(1)) is not None
