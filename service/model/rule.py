"""Rules of a site: what becomes of an item before a person looks at it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base, Moment


class Rule(Base):
    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """What it looks at: ``host``."""
    value: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(16))
    """``approve``, ``spam`` or ``refuse``."""
    created: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text, default="")
    hits: Mapped[int] = mapped_column(default=0)
