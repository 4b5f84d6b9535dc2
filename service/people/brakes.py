"""The brakes that are pulled now, for the line that says so on each page of the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.languages import gettext
from service.model import Brake, Site
from service.model.brake import HOLD
from service.people import telling
from service.people.roles import Reach


@dataclass(frozen=True, slots=True)
class Pulled:
    """A brake that somebody pulled, on one site or on several at once."""

    what: str
    by: str
    until: datetime
    sites: Sequence[int]
    names: Sequence[str]
    """What these sites are called; none where it is all of them."""

    @property
    def said(self) -> str:
        """What it does, in a sentence."""
        if self.what == HOLD:
            return gettext("Everything is held: nothing is approved without a person.")
        return gettext("All posts are closed: nothing new is taken.")

    @property
    def line(self) -> str:
        """Who pulled it, and until when."""
        return gettext("by %(who)s, until %(when)s", who=self.by, when=telling.clock(self.until))

    @property
    def left(self) -> str:
        """``in 3 hours``."""
        return telling.ago(self.until)

    @property
    def stamp(self) -> str:
        return telling.stamp(self.until)


def pulled(session: Session, reach: Reach) -> list[Pulled]:
    """Those on the sites of whoever looks, as they are now."""
    query = (
        select(Brake.what, Brake.until, Brake.by, Site.id, Site.name, Site.base_url)
        .join(Site, Site.id == Brake.site_id)
        .where(reach(Site.id), Brake.ended.is_(None), Brake.until > datetime.now(UTC))
        .order_by(Brake.what.desc(), Brake.until, Brake.by, Site.id)
    )
    rows = session.execute(query).all()
    every = session.scalar(select(func.count(Site.id)).where(reach(Site.id))) if rows else 0
    found = []
    for (what, until, by), group in groupby(rows, key=lambda row: (row.what, row.until, row.by)):
        sites = list(group)
        names = [] if len(sites) == every else [site.name or site.base_url for site in sites]
        found.append(Pulled(what, by, until, [site.id for site in sites], names))
    return found
