"""Source hosts (registrable domains): whose turn it is, and their record with us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Host(Base):
    """One host. ``turn`` and ``busy_until`` serve only while Redis is away."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    turn: Mapped[str | None] = mapped_column(String(32))
    busy_until: Mapped[datetime | None] = mapped_column(Moment)
