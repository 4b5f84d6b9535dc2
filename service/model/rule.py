"""Rules of a site: what becomes of an item before a person looks at it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, bindparam, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

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


_rule = Rule.__table__
_REFUSES = select(
    exists().where(
        _rule.c.site_id == bindparam("site_id"),
        _rule.c.kind == "host",
        _rule.c.value == bindparam("host"),
        _rule.c.verdict == "refuse",
    )
)


def refuses(session: Session, site_id: int, host: str) -> bool:
    """Whether the site wants nothing from this registrable domain."""
    return bool(session.scalar(_REFUSES, {"site_id": site_id, "host": host}))
