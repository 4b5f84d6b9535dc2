"""What we saw on the source: kept with each revision, shown to the moderator. As JSON at most 16 KB."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.values.page import Hop, for_good

LARGEST = 16 * 1024
"""Bytes of one item's evidence, as the database keeps it."""

LONGEST_SNAPSHOT = 3_000
"""Characters of the snapshot."""

_LONGEST_ADDRESS = 300


class Place(StrEnum):
    """Where on its page a link stands."""

    TEXT = "text"
    COMMENTS = "comments"
    ASIDE = "aside"
    HEADER = "header"
    FOOTER = "footer"
    MENU = "menu"
    LIST = "list"
    """Among a hundred links or more with next to no words between them."""


class Hiding(StrEnum):
    """What keeps a person from seeing a link."""

    ATTRIBUTE = "attribute"
    """``hidden``, on the link or round it."""
    STYLE = "style"
    """An inline style that shows nothing."""
    OFF_SCREEN = "off_screen"
    """An inline style that puts it where no screen is, or cuts it off."""
    EMPTY = "empty"
    """There is nothing in it."""
    PROPERTY = "property"
    """It is a property of microformats that is written for programs alone: ``<link class="u-…">``, an empty ``a``."""


@dataclass(frozen=True, slots=True)
class Link:
    """One element of the source that links to the target."""

    element: str
    """``a``, ``img``, … ; ``json`` and ``text`` for sources without elements."""
    href: str
    """The attribute as written, entities decoded."""
    text: str = ""
    before: str = ""
    """The words of its sentence that stand before the link's text."""
    after: str = ""
    rel: tuple[str, ...] = ()
    place: Place = Place.TEXT
    hidden: Hiding | None = None
    """Why a person cannot see it, as far as attributes and inline styles tell."""
    noscript: bool = False

    @property
    def plain(self) -> bool:
        """Whether it stands in the text, for everybody to see."""
        return self.place is Place.TEXT and self.hidden is None


class Vouching(StrEnum):
    """What became of a page that is named as vouching for the source."""

    LINKS = "links"
    SILENT = "silent"
    """It does not link to the source's domain, or not as to somebody whom it knows."""
    UNREAD = "unread"
    STRANGER = "stranger"
    """It was not looked at: nothing of its host is up here."""


@dataclass(frozen=True, slots=True)
class Vouch:
    """A page that the sender says vouches for the source: a hint to whoever decides, and no more."""

    url: str
    says: Vouching


@dataclass(frozen=True, slots=True)
class Evidence:
    """One look at a source."""

    asked: str
    final: str
    at: str | None = None
    """When it was written down, RFC 3339 in UTC; the reading has no clock."""
    status: int = 200
    hops: tuple[Hop, ...] = ()
    content_type: str = ""
    charset: str = ""
    size: int = 0
    """Bytes after decompression."""
    truncated: bool = False
    seconds: float = 0.0
    digest: str = ""
    """SHA-256 of the body, in hexadecimal."""
    links: tuple[Link, ...] = ()
    """The first few that link to the target."""
    links_on_page: int = 0
    outgoing: int = 0
    """Links on the page, whereto ever."""
    too_heavy: bool = False
    """The page was too large to build a tree of: the link test alone has spoken."""
    downgraded: bool = False
    canonical: str | None = None
    language: str | None = None
    snapshot: str = ""
    """The beginning of the item's text, as it was."""
    vouch: Vouch | None = None

    @property
    def moved_to(self) -> str | None:
        """Where the source has moved to for good."""
        return self.final if for_good(self.hops) else None

    @property
    def link(self) -> Link | None:
        """The best: one in the text that a person can see, else one that a person can see, else the first."""
        ranked = sorted(self.links, key=lambda link: (link.hidden is not None, link.place is not Place.TEXT))
        return next(iter(ranked), None)

    @property
    def when(self) -> datetime | None:
        return datetime.fromisoformat(self.at) if self.at else None

    @property
    def hidden(self) -> bool:
        return bool(self.links) and all(link.hidden for link in self.links)

    def as_json(self) -> dict[str, Any]:
        """As it is stored, of at most :data:`LARGEST` bytes: where it is more, the least telling goes first."""
        stored = asdict(self)
        kept = self
        for narrowed in _NARROWER:
            if len(json.dumps(stored)) <= LARGEST:
                break
            kept = narrowed(kept)
            stored = asdict(kept)
        return stored

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """The evidence back from its stored form; unknown names (of a newer release) are left out."""
        known = {name.name: data[name.name] for name in fields(cls) if name.name in data}
        known["hops"] = tuple(Hop(**hop) for hop in known.get("hops", ()))
        known["links"] = tuple(_link(link) for link in known.get("links", ()))
        if vouch := known.get("vouch"):
            known["vouch"] = Vouch(vouch["url"], Vouching(vouch["says"]))
        return cls(**known)


def _link(data: Mapping[str, Any]) -> Link:
    known = {name.name: data[name.name] for name in fields(Link) if name.name in data}
    known["rel"] = tuple(known.get("rel", ()))
    known["place"] = Place(known.get("place", Place.TEXT))
    known["hidden"] = Hiding(known["hidden"]) if known.get("hidden") else None
    return Link(**known)


def _short(address: str) -> str:
    return address if len(address) <= _LONGEST_ADDRESS else address[: _LONGEST_ADDRESS - 1] + "…"


def _short_hop(hop: Hop) -> Hop:
    return replace(hop, url=_short(hop.url), location=_short(hop.location))


_NARROWER: tuple[Callable[[Evidence], Evidence], ...] = (
    lambda one: replace(one, snapshot=one.snapshot[:1_000]),
    lambda one: replace(one, links=tuple(replace(link, href=_short(link.href)) for link in one.links)),
    lambda one: replace(one, hops=tuple(_short_hop(hop) for hop in one.hops[:10])),
    lambda one: replace(one, snapshot=one.snapshot[:200], links=(one.link,) if one.link else ()),
    lambda one: replace(
        one, links=tuple(replace(link, text=link.text[:100], before="", after="", rel=()) for link in one.links)
    ),
    lambda one: replace(one, asked=_short(one.asked), final=_short(one.final), canonical=None),
)
