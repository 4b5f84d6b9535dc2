"""Events: one for each step of an item, never changed afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment, StateName
from service.values.state import State


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (Index("ix_event_reflection", "reflection_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(Text)
    """``worker``, ``rule 7``, ``token`` or a moderator's name."""
    came_from: Mapped[State] = mapped_column(StateName)
    went_to: Mapped[State] = mapped_column(StateName)
    seen: Mapped[int | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
