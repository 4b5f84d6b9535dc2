"""Moderators: who may decide, and for which sites."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Moderator(Base):
    """A person. An owner decides on every site; a moderator on those of :class:`ModeratorSite`."""

    __tablename__ = "moderator"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(String(16), default="moderator")
    password_hash: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Moment)


class ModeratorSite(Base):
    __tablename__ = "moderator_site"

    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
