"""Invitations: who may become a moderator, by a link that works once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.model.base import Base, Moment
from service.model.moderator import new_handle
from service.model.site import Site


class Invitation(Base):
    """The link's token is kept as its hash; it is shown once. The row goes when somebody joins by it."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    whom: Mapped[str] = mapped_column(Text)
    """For whom it is, in the words of who invited."""
    role: Mapped[str] = mapped_column(String(16))
    handle: Mapped[str] = mapped_column(String(32), default=new_handle)
    """By what an authenticator knows whoever joins, from before there is a row of that person."""
    by: Mapped[str] = mapped_column(Text)
    """The owner's name."""
    made: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)

    sites: Mapped[list[Site]] = relationship(secondary="invitation_site", order_by=Site.id)


class InvitationSite(Base):
    __tablename__ = "invitation_site"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
