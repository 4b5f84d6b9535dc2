"""What is odd about an item, by what was seen of its source: codes, kept with each revision, by which a queue is
filtered. A person is told each in a sentence (``service.moderate.whys``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from service.values.address import Address, stored
from service.values.evidence import Evidence, Hiding, Link, Place
from service.values.state import Relation


class Sign(StrEnum):
    """One of them."""

    HIDDEN = "hidden"
    ASIDE = "aside"
    """Its link does not stand in the text."""
    LEADS = "leads"
    """Its address leads to another registrable domain."""
    INSECURE = "insecure"
    HEAVY = "heavy"
    CLAIMS = "claims"
    """It names an author, an address or an original on another domain than its own."""
    VOUCH = "vouch"
    """Its sender names a page that is to vouch for it."""


@dataclass(frozen=True)
class Look:
    """What a source said of itself, and what was seen of it."""

    source: str | None
    relation: str
    author: str | None
    """The author's address."""
    url: str | None
    """The address that it gives as its own."""
    evidence: Evidence | None

    @cached_property
    def page(self) -> Address | None:
        """The source."""
        return stored(self.source)

    @property
    def link(self) -> Link | None:
        return self.evidence.link if self.evidence else None

    @property
    def hidden(self) -> Hiding | None:
        """What keeps readers from its link; a like or a reply needs no words that lead to its post."""
        hidden = self.link.hidden if self.link else None
        return None if hidden is Hiding.PROPERTY and self.relation != Relation.MENTION else hidden

    @cached_property
    def moved_to(self) -> Address | None:
        """Where the source was read, where that is another address than the one sent."""
        read_at = self.evidence.final if self.evidence else None
        final = stored(read_at) if read_at != self.source else None
        return final if final and self.page and final.page != self.page.page else None

    @property
    def leads(self) -> Address | None:
        """Where it was read, where that is on another registrable domain."""
        there = self.moved_to
        return there if there and self.page and there.domain != self.page.domain else None

    @cached_property
    def elsewhere(self) -> Mapping[str, Address]:
        """What it claims of itself that does not fit its host, by what it is: ``author``, ``url``, ``canonical``; each
        domain once."""
        if self.page is None:
            return {}
        ours = {self.page.domain} | ({self.moved_to.domain} if self.moved_to else set())
        canonical = self.evidence.canonical if self.evidence else None
        claims = {"author": self.author, "url": self.url, "canonical": canonical}
        found: dict[str, Address] = {}
        for name, claim in claims.items():
            if claim != self.source and (there := stored(claim)) is not None and there.domain not in ours:
                found[name] = there
                ours.add(there.domain)
        return found

    @cached_property
    def signs(self) -> frozenset[Sign]:
        """What is odd about it."""
        return frozenset(sign for sign, shows in _SHOWS.items() if shows(self))


_SHOWS: Mapping[Sign, Callable[[Look], bool]] = MappingProxyType({
    Sign.HIDDEN: lambda look: look.hidden is not None,
    Sign.ASIDE: lambda look: look.link is not None and look.link.place is not Place.TEXT,
    Sign.LEADS: lambda look: look.leads is not None,
    Sign.INSECURE: lambda look: look.evidence is not None and look.evidence.downgraded,
    Sign.HEAVY: lambda look: look.evidence is not None and look.evidence.too_heavy,
    Sign.CLAIMS: lambda look: bool(look.elsewhere),
    Sign.VOUCH: lambda look: look.evidence is not None and look.evidence.vouch is not None,
})  # fmt: skip


def as_words(signs: frozenset[Sign]) -> str:
    """As the database keeps them: a space on either side of each, so that one is looked for with its spaces."""
    return "".join(f" {sign}" for sign in Sign if sign in signs) + " " if signs else ""
