"""Events: one for each step of an item, never changed afterwards; of looks that changed nothing the newest are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment, StateName
from service.values.state import State

LOOKS = 20
"""Looks that changed nothing that are kept of one item, the newest; all else that happened is kept."""


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_reflection", "reflection_id", "id"),
        Index("ix_event_site", "site_id", "id"),
        Index("ix_event_by", "by", "id"),
        Index("ix_event_at", "at", "id"),
        Index("ix_event_batch", "batch_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(Text)
    """``worker``, ``rule 7``, ``token`` or a moderator's name."""
    came_from: Mapped[State] = mapped_column(StateName)
    went_to: Mapped[State] = mapped_column(StateName)
    seen: Mapped[int | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batch.id"))
    """What it was done together with."""


def forget_looks(session: Session, item: int) -> None:
    """Deletes what is more than :data:`LOOKS` of an item's looks that changed nothing."""
    looks = (Event.reflection_id == item, Event.by == "worker", Event.came_from == Event.went_to)
    oldest = select(Event.id).where(*looks).order_by(Event.id.desc()).offset(LOOKS - 1).limit(1).scalar_subquery()
    session.execute(delete(Event).where(*looks, Event.id < oldest).execution_options(synchronize_session=False))
