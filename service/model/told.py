"""How moderators are told of what waits: by mail, as often as each wants it, and by a feed at a secret address.

A row is due by its own columns, as an item is, so that of two workers one sends the mail. The keys of links that stand
in mail are kept nowhere: they are what our secret makes of the row (:func:`key`).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, or_
from sqlalchemy.orm import Mapped, mapped_column

from service.decide.digest import Often
from service.model.base import Base, Moment

CONFIRMABLE = timedelta(days=2)
"""For how long an address may be confirmed."""


LEASE = timedelta(minutes=5)
"""How long a mail may take; then another worker may send it."""


class Told(Base):
    """What one moderator has chosen. Who has no row has not asked to be told."""

    __tablename__ = "told"
    __table_args__ = (Index("ix_told_due", "due_at"),)

    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True)
    often: Mapped[str] = mapped_column(String(16), default=Often.DAILY.value)
    language: Mapped[str] = mapped_column(String(16), default="en")
    mail: Mapped[str | None] = mapped_column(Text)
    """Where mail goes: confirmed by whoever reads it."""
    asked_mail: Mapped[str | None] = mapped_column(Text)
    """An address that is to be confirmed; until it is, it gets one mail with one link."""
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    unasked: Mapped[bool] = mapped_column(default=False)
    """Whether the mail that asks for that is still to be sent."""
    heard: Mapped[int] = mapped_column(default=0)
    """The newest revision that was there when mail last went out: what is older is no news."""
    sent: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When to look whether there is something to mail; ``None`` where nothing is to be."""
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often in a row the server has not taken the mail."""
    trouble: Mapped[str | None] = mapped_column(Text)
    """What it said the last time."""
    feed_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The hash of the key of the feed's address, which is shown once."""


def due(now: datetime) -> ColumnElement[bool]:
    """Whether somebody's turn has come, and nobody is at it. A lease further ahead than any lasts has no owner: the
    clock has jumped."""
    held = Told.leased_until
    return (Told.due_at <= now) & or_(held.is_(None), held <= now, held > now + LEASE)


def key(secret: str, purpose: str, told: Told) -> str:
    """What a link in a mail carries, so that nobody else can make it; another address or another asking makes another.

    ``purpose`` is ``confirm`` (good once: the row has nothing to confirm afterwards) or ``stop``.
    """
    about = f"{told.asked_mail} {told.asked_at}" if purpose == "confirm" else told.mail
    said = f"told {purpose} {told.moderator_id} {about}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
