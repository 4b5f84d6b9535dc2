"""Source hosts: whose turn it is (by registrable domain), and who does not answer us just now (by origin)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment
from service.values.address import Address


class Host(Base):
    """One host. ``turn`` and ``busy_until`` serve only while Redis is away."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    turn: Mapped[str | None] = mapped_column(String(32))
    busy_until: Mapped[datetime | None] = mapped_column(Moment)


class Origin(Base):
    """One origin (scheme, host, port) that could not be reached lately, or asked for patience; who answers has none."""

    __tablename__ = "origin"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    reason: Mapped[str] = mapped_column(String(32))
    """The code of the last of them."""
    rests_until: Mapped[datetime] = mapped_column(Moment, index=True)


def let_be_asked(session: Session, address: Address) -> None:
    """Somebody wants to know now: the origin is asked anew, however long it was to rest."""
    session.execute(delete(Origin).where(Origin.name == address.origin))
