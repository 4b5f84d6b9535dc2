"""What we saw on the source: kept with each revision, shown to the moderator. As JSON at most 16 KB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from service.values.page import Hop


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
    hidden: bool = False
    """A person cannot see it: hidden by attribute or inline style, or empty."""
    noscript: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """One look at a source."""

    asked: str
    final: str
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
    too_heavy: bool = False
    """The page was too large to build a tree of: the link test alone has spoken."""
    downgraded: bool = False
    canonical: str | None = None
    language: str | None = None
    hints: Mapping[str, Any] = field(default_factory=dict)
    """What else a moderator may want to know, by name."""

    @property
    def link(self) -> Link | None:
        """The best of the links: one that a person can see, else the first."""
        return next((link for link in self.links if not link.hidden), self.links[0] if self.links else None)

    @property
    def hidden(self) -> bool:
        return bool(self.links) and all(link.hidden for link in self.links)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """The evidence back from its stored form; unknown names (of a newer release) are left out."""
        known = {name.name: data[name.name] for name in fields(cls) if name.name in data}
        known["hops"] = tuple(Hop(**hop) for hop in known.get("hops", ()))
        known["links"] = tuple(Link(**{**link, "rel": tuple(link.get("rel", ()))}) for link in known.get("links", ()))
        return cls(**known)
