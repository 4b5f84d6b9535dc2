"""Revisions: what a source said at one verification, or an edit by a writer or moderator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Revision(Base):
    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("reflection_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column()
    made: Mapped[datetime] = mapped_column(Moment)
    made_by: Mapped[str] = mapped_column(String(16), default="source")
    """``source``, ``writer`` or ``moderator``."""
    relation: Mapped[str] = mapped_column(String(16), default="mention")
    title: Mapped[str] = mapped_column(Text, default="")
    author_name: Mapped[str] = mapped_column(Text, default="")
    author_url: Mapped[str | None] = mapped_column(Text)
    author_photo: Mapped[str | None] = mapped_column(Text)
    """Where the author keeps his picture."""
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id", ondelete="SET NULL"), index=True)
    """Our copy of it, as far as there is one."""
    portrait: Mapped[str | None] = mapped_column(String(32))
    """The hash of the copy that readers see with these words: the one that was seen when they were let through."""
    welcome: Mapped[bool] = mapped_column(default=False)
    """Whether a rule let them through, which looks at no picture: one that comes later follows by itself."""
    html: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str | None] = mapped_column(Text)
    moved_to: Mapped[str | None] = mapped_column(Text)
    """Where its source had moved to for good (301, 308) when this was read."""
    published: Mapped[str | None] = mapped_column(String(40))
    updated: Mapped[str | None] = mapped_column(String(40))
    photos: Mapped[list[str] | None] = mapped_column(JSON)
    syndication: Mapped[list[str] | None] = mapped_column(JSON)
    categories: Mapped[list[str] | None] = mapped_column(JSON)
    rsvp: Mapped[str | None] = mapped_column(String(16))
    site_name: Mapped[str] = mapped_column(Text, default="")
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Of what a reader sees (``service.values.reading``): two looks with the same one are one revision."""
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    signs: Mapped[str] = mapped_column(String(120), default="")
    """What is odd about it (``service.decide.signs``): codes with a space on either side of each."""
    spam: Mapped[float | None] = mapped_column()
    """Triage’s probability that it is spam, if it was weighed."""
    weighed: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """What of it weighed most, as lists (:class:`service.decide.triage.Ground`), the heaviest first."""
    cleaned_by: Mapped[int] = mapped_column(default=1)
    """The version of the cleaning that made the HTML (``service.values.clean.VERSION``)."""
