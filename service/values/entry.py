"""What a source's author says: the h-entry, or what a plain page tells of itself. Its words are clean."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.values.clean import CleanHtml
from service.values.state import Relation


@dataclass(frozen=True, slots=True)
class Author:
    name: str = ""
    url: str | None = None
    photo: str | None = None
    """Where the picture is; never shown from there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as its author means it."""

    relation: Relation = Relation.MENTION
    author: Author = field(default_factory=Author)
    title: str = ""
    """The page's title, or the h-entry's name where it is one of its own."""
    content: CleanHtml = field(default_factory=CleanHtml)
    text: str = ""
    """The content without markup."""
    summary: str = ""
    url: str | None = None
    """The entry's own permalink; may claim another host than the source's."""
    published: str | None = None
    """RFC 3339 with the offset that the source gave, or a date alone."""
    updated: str | None = None
    """Likewise."""
    photos: tuple[str, ...] = ()
    """Where its pictures are; never shown from there."""
    syndication: tuple[str, ...] = ()
    """Where else its author says that it stands."""
    categories: tuple[str, ...] = ()
    rsvp: str | None = None
    site: str = ""
    """The name of the source's site, where it tells one."""
