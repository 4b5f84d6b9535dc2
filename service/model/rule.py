"""Rules of a site: what becomes of an item before a person looks at it.

A rule never changes and is never deleted: whoever changes one puts another in its place, so that the record keeps who
wanted what from when to when, and an event that names a rule is true for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.decide.rules import SiteRule
from service.model.base import Base, Moment


class Rule(Base):
    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """What it looks at, a key of :data:`service.decide.rules.VERDICTS`."""
    value: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(16))
    """``approve``, ``wait``, ``spam`` or ``refuse``."""
    created: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(Text, default="")
    replaces: Mapped[int | None] = mapped_column(ForeignKey("rule.id"))
    """The rule in whose place it was put."""
    hits: Mapped[int] = mapped_column(default=0)
    last_hit: Mapped[datetime | None] = mapped_column(Moment)
    removed: Mapped[datetime | None] = mapped_column(Moment)
    removed_by: Mapped[str | None] = mapped_column(Text)


_rule = Rule.__table__

_stands = _rule.c.removed.is_(None)
Index(
    "ix_rule_standing",
    *(_rule.c[name] for name in ("site_id", "kind", "value")),
    unique=True,
    sqlite_where=_stands,
    postgresql_where=_stands,
)

_REFUSED = select(_rule.c.site_id, _rule.c.value).where(
    _rule.c.site_id.in_(bindparam("site_ids", expanding=True)),
    _rule.c.kind == "host",
    _rule.c.value.in_(bindparam("hosts", expanding=True)),
    _rule.c.verdict == "refuse",
    _stands,
)
_STANDING = (
    select(_rule.c.id, _rule.c.kind, _rule.c.value, _rule.c.verdict)
    .where(_rule.c.site_id == bindparam("site_id"), _stands)
    .order_by(_rule.c.id)
)


def stands() -> ColumnElement[bool]:
    """Whether a rule holds: nobody has removed it."""
    return _stands


def refused(session: Session, pairs: Collection[tuple[int, str]]) -> Set[tuple[int, str]]:
    """Of these pairs of a site and a registrable domain those where the site wants nothing from the domain, in one
    query."""
    if not pairs:
        return frozenset()
    wanted = {"site_ids": sorted({site for site, _ in pairs}), "hosts": sorted({host for _, host in pairs})}
    return {(site_id, host) for site_id, host in session.execute(_REFUSED, wanted)}


def standing(session: Session, site_id: int) -> Sequence[SiteRule]:
    """The site's rules that hold now, the oldest first."""
    return [SiteRule(*row) for row in session.execute(_STANDING, {"site_id": site_id})]


def hit(session: Session, number: int, now: datetime) -> None:
    """Counts that a rule decided, in the transaction in which it did."""
    session.execute(
        update(Rule)
        .where(Rule.id == number)
        .values(hits=Rule.hits + 1, last_hit=now)
        .execution_options(synchronize_session=False)
    )
