"""Passkeys: the public half of what a moderator's device signs with, and the challenges that wait for a signature."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Passkey(Base):
    """A discoverable credential of one person (WebAuthn Level 3). There is nothing secret in it."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"), index=True)
    credential: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Its id, at most 1,023 bytes."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """As COSE gives it."""
    count: Mapped[int] = mapped_column(BigInteger)
    """The authenticator's signature counter, 32 bits; it stays 0 where a passkey is on several devices."""
    name: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)


class Challenge(Base):
    """Random bytes that somebody was asked to sign, for one purpose, once."""

    __tablename__ = "challenge"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(Moment, index=True)
