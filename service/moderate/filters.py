"""The bar above the lists: what may be searched and filtered for, in the spoken language, and what is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.languages import gettext
from service.model import Site
from service.moderate import telling
from service.moderate.asked import TYPES, Asked
from service.people.roles import Reach
from service.values.state import Kind

MOST_SITES = 200
"""Sites that can be chosen from."""

LABELS: Mapping[str, str] = MappingProxyType({
    "q": "Words",
    "author": "Author",
    "host": "Host",
    "post": "Post",
    "type": "Type",
    "kind": "Came by",
    "since": "From day",
    "until": "To day",
    "site": "Site",
    "rule": "Rule",
})  # fmt: skip
"""What each parameter is called; said by gettext."""

Choice = tuple[str, str]
"""A value, and what it is called."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the form shows."""

    given: Mapping[str, str]
    """What is filtered for: parameter → value."""
    kept: Mapping[str, str]
    """What the form takes along unseen."""
    types: list[Choice]
    kinds: list[Choice]
    sites: list[Choice]
    """None where there is only one."""

    @property
    def narrowed(self) -> list[tuple[str, str, str]]:
        """What the list is narrowed by: parameter, its label, and the value in words."""
        names = dict([*self.types, *self.kinds])
        return [(name, gettext(label), self._said(name, names)) for name, label in LABELS.items() if name in self.given]

    def _said(self, name: str, names: Mapping[str, str]) -> str:
        value = self.given[name]
        if name == "site":
            return dict(self.sites).get(value, value)
        return names.get(value, value) if name in ("type", "kind") else value


def bar(session: Session, reach: Reach, asked: Asked) -> Bar:
    """The bar above this list."""
    query = {name: str(value) for name, value in asked.query(after=None).items()}
    return Bar(
        given={name: value for name, value in query.items() if name in LABELS},
        kept={name: value for name, value in query.items() if name not in LABELS or name == "rule"},
        types=[(name, telling.relation(name)) for name in TYPES],
        kinds=[(name, telling.relation(name)) for name in Kind],
        sites=list(sites(session, reach)),
    )


def sites(session: Session, reach: Reach) -> Iterator[Choice]:
    query = select(Site.id, Site.name, Site.base_url).where(reach(Site.id)).order_by(Site.id).limit(MOST_SITES)
    rows = session.execute(query).all()
    return ((str(row.id), row.name or row.base_url) for row in (rows if len(rows) > 1 else ()))
