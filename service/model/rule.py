"""Rules of a site: what becomes of an item before a person looks at it."""

from __future__ import annotations

from collections.abc import Collection, Set
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, bindparam, select
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
_REFUSED = select(_rule.c.site_id, _rule.c.value).where(
    _rule.c.site_id.in_(bindparam("site_ids", expanding=True)),
    _rule.c.kind == "host",
    _rule.c.value.in_(bindparam("hosts", expanding=True)),
    _rule.c.verdict == "refuse",
)


def refused(session: Session, pairs: Collection[tuple[int, str]]) -> Set[tuple[int, str]]:
    """Of these pairs of a site and a registrable domain those where the site wants nothing from the domain, in one
    query."""
    if not pairs:
        return frozenset()
    wanted = {"site_ids": sorted({site for site, _ in pairs}), "hosts": sorted({host for _, host in pairs})}
    return {(site_id, host) for site_id, host in session.execute(_REFUSED, wanted)}
