"""Moderators: who may decide, and for which sites."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


def new_handle() -> str:
    """A user handle of 128 random bits (WebAuthn Level 3, 14.6.1)."""
    return secrets.token_hex(16)


class Moderator(Base):
    """A person. An owner decides on every site; a moderator on those of :class:`ModeratorSite`."""

    __tablename__ = "moderator"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(String(16), default="moderator")
    password_hash: Mapped[str | None] = mapped_column(Text)
    """``None`` for who signs in with passkeys alone."""
    handle: Mapped[str] = mapped_column(String(32), unique=True, default=new_handle)
    """By what authenticators know this person: random, because they show it to whoever has them in hand."""
    created: Mapped[datetime] = mapped_column(Moment)
    keys: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The letters that differ from those of everybody, by what they do; ``{"on": false}`` where they are off."""


class ModeratorSite(Base):
    __tablename__ = "moderator_site"

    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
