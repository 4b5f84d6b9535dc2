"""Notes: what moderators tell each other about an item, a host or an author. Readers never see one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment

ITEM, HOST, AUTHOR = "item", "host", "author"
ABOUT = (ITEM, HOST, AUTHOR)
"""What a note may be about. Its ``key`` is the item's id, the registrable domain, or the author's address as a prefix
(:func:`service.values.address.prefix_key`)."""


class Note(Base):
    __tablename__ = "note"
    __table_args__ = (Index("ix_note_key", "key", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    """Whoever decides on this site sees it, and nobody else."""
    about: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    """The moderator's name."""
    made: Mapped[datetime] = mapped_column(Moment)


Key = tuple[int, str, str]
"""A site's id, what it is about, and the key."""


def among(session: Session, keys: Collection[Key]) -> Sequence[Note]:
    """The notes about these, the newest first, in one query."""
    if not keys:
        return ()
    wanted = select(Note).where(
        Note.key.in_(sorted({key for _, _, key in keys})), Note.site_id.in_(sorted({site for site, _, _ in keys}))
    )
    return [
        one for one in session.scalars(wanted.order_by(Note.id.desc())) if (one.site_id, one.about, one.key) in keys
    ]


def forget(session: Session, site_id: int, about: str, key: str) -> None:
    """Removes all notes about this."""
    session.execute(delete(Note).where(Note.site_id == site_id, Note.about == about, Note.key == key))
