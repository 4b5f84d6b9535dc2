"""Sessions of moderators, on the server: a cookie that was ended is worth nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, or_
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
"""How long a session lives without a request, and at the most."""


class Session(Base):
    """One browser that signed in. The cookie's value is kept as its hash."""

    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment)
    seen: Mapped[datetime] = mapped_column(Moment)
    browser: Mapped[str] = mapped_column(String(32), default="")
    system: Mapped[str] = mapped_column(String(32), default="")
    """``Firefox`` and ``Linux``: what its person knows it by; empty where it did not say."""
    network: Mapped[str] = mapped_column(String(49), default="")
    """From where, as exact as a person can use: ``203.0.113.0/24``."""


def over(now: datetime) -> ColumnElement[bool]:
    """Whether a session has ended by itself."""
    return or_(Session.seen < now - IDLE, Session.created < now - LONGEST)
