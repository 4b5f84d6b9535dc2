"""Brakes: for some hours all of a site's items wait for a person, or its posts take nothing new.

Until when stands on the site's own row, where those read it who ask all the time: no brake needs anybody to end it.
Each pull is a row of its own besides, and stays: who pulled it, when, for how long, and who let go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ForeignKey, String, Text, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from service.model.base import Base, Moment
from service.model.site import Site

HOLD, CLOSE = "hold", "close"
"""What a brake does: nothing is approved without a person; nothing new is taken."""

UNTIL: Mapping[str, InstrumentedAttribute[datetime | None]] = MappingProxyType({
    HOLD: Site.held_until,
    CLOSE: Site.closed_until,
})  # fmt: skip
"""Where a site says until when."""

_QUIETLY = {"synchronize_session": False}


class Brake(Base):
    """One pull of a brake on one site."""

    __tablename__ = "brake"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    began: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment, index=True)
    by: Mapped[str] = mapped_column(Text)
    ended: Mapped[datetime | None] = mapped_column(Moment)
    """When somebody let go, or pulled it anew; ``None`` where it ran its time."""
    ended_by: Mapped[str | None] = mapped_column(Text)


def pull(session: Session, sites: Collection[int], what: str, by: str, now: datetime, until: datetime) -> None:
    """Pulls a brake on these sites; it takes the place of one that is pulled already."""
    _end(session, sites, what, by, now)
    session.add_all(Brake(site_id=site, what=what, began=now, until=until, by=by) for site in sorted(sites))
    _write(session, sites, what, until)


def let_go(session: Session, sites: Collection[int], what: str, by: str, now: datetime) -> None:
    """Lets go of it before its time is over."""
    _end(session, sites, what, by, now)
    _write(session, sites, what, None)


def held(session: Session, site: int, now: datetime) -> bool:
    """Whether everything is held on a site."""
    until = session.scalar(select(Site.held_until).where(Site.id == site))
    return until is not None and now < until


def _end(session: Session, sites: Collection[int], what: str, by: str, now: datetime) -> None:
    pulled = (Brake.site_id.in_(sorted(sites)), Brake.what == what, Brake.ended.is_(None), Brake.until > now)
    session.execute(update(Brake).where(*pulled).values(ended=now, ended_by=by), execution_options=_QUIETLY)


def _write(session: Session, sites: Collection[int], what: str, until: datetime | None) -> None:
    these = update(Site).where(Site.id.in_(sorted(sites))).values({UNTIL[what]: until})
    session.execute(these, execution_options=_QUIETLY)
