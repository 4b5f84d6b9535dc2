"""Batches: what somebody decided in one go; each of its events names it, and all of it is taken back at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Batch(Base):
    """One decision about many items, or the undoing of one. It is seen where one of its events is seen."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(Text)
    made: Mapped[datetime] = mapped_column(Moment)
    what: Mapped[str] = mapped_column(String(16))
    """The state that was asked for, or ``undo``."""
    listed: Mapped[int] = mapped_column()
    """How many items it was asked of; its events say of how many it was done."""
