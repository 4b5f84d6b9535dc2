"""What rules look at of an item: where it comes from, what it says, and what was seen of its source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.decide import words
from service.decide.signs import Look
from service.values.address import Address, prefix_key, prefix_keys, stored
from service.values.evidence import Evidence, Place
from service.values.state import Kind, Relation

COMMENT = "comment"
"""The type of what was written here."""

_PERSONAL = ("~", "@", "%40")
_PEOPLE = frozenset({"author", "authors", "members", "people", "profile", "profiles", "u", "user", "users"})
"""How the first folder of an address begins, or what it is called, where people share a host."""


@dataclass(frozen=True)
class Subject:
    """One item, as far as rules are concerned with it."""

    kind: str
    """How it came, a :class:`service.values.state.Kind`."""
    type: str = Relation.MENTION
    """What it is to its post; ``comment`` where it was written here."""
    way: tuple[Address, ...] = ()
    """The addresses from the source to the page at the end of its redirects."""
    author: Address | None = None
    """Who it says wrote it: nothing but a claim."""
    texts: tuple[str, ...] = ()
    links: int = 0
    """Links on the source's page, or in the comment."""
    language: str | None = None
    hidden: bool = False
    by_others: bool = False
    """Whether its link stands among the comments of its page."""
    ours: bool = False
    """Whether all of its way is the site's own posts."""
    known: bool = False
    """Whether something was approved before from each place on its way, and nothing from there was spam."""

    @cached_property
    def places(self) -> Sequence[tuple[str, Collection[str]]]:
        """The registrable domain of each address on the way, with the prefixes that hold it."""
        return [(address.domain, frozenset(prefix_keys(address))) for address in self.way]

    @cached_property
    def claim(self) -> str | None:
        """The author's address, as a prefix."""
        return prefix_key(self.author) if self.author else None

    @cached_property
    def said(self) -> str:
        """All its words, folded; a phrase does not go on from one text to another."""
        return "\n".join(words.folded(text) for text in self.texts)

    @property
    def homes(self) -> set[str]:
        """Whose places its way leads through."""
        return {home(address, self.author) for address in self.way}


def linkback(
    kind: str,
    source: Address | None,
    evidence: Evidence | None,
    relation: str,
    author: str | None,
    texts: Iterable[str | None],
) -> Subject:
    """The subject that a linkback's revision is; without evidence nobody has seen its source."""
    way = _way(source, evidence)
    seen = [*texts, *(address.url for address in way)]
    if evidence is None:
        return Subject(kind, relation, way, stored(author), tuple(text for text in seen if text))
    look = Look(source.url if source else None, relation, author, None, evidence)
    seen += [evidence.snapshot, *(f"{link.before}{link.text}{link.after}" for link in evidence.links)]
    return Subject(
        kind=kind,
        type=relation,
        way=way,
        author=stored(author),
        texts=tuple(text for text in seen if text),
        links=evidence.outgoing,
        language=evidence.language,
        hidden=look.hidden is not None,
        by_others=look.link is not None and look.link.place is Place.COMMENTS,
    )


def comment(author: str | None, texts: Iterable[str | None], markup: str) -> Subject:
    """The subject that a comment is; its links are those in its ``markup``, which was cleaned."""
    said = tuple(text for text in (*texts, author) if text)
    return Subject(Kind.COMMENT, COMMENT, (), stored(author), said, markup.count("<a "))


def home(address: Address, author: Address | None) -> str:
    """Whose place a source stands in, as a prefix: that of the author beneath whose address it is, a person's folder
    (``/~name``, ``/@name``, ``/users/name``), or else its whole host (not its domain: another name on it is another's).
    """
    prefixes = list(prefix_keys(address))
    first = prefixes[1].removeprefix(prefixes[0]).strip("/") if len(prefixes) > 1 else ""
    depth = 1 if first.startswith(_PERSONAL) else 2 if first.lower() in _PEOPLE else 0
    folder = prefixes[min(depth, len(prefixes) - 1)]
    claim = prefix_key(author) if author else ""
    return claim if claim in prefixes and claim.startswith(folder) else folder


def _way(source: Address | None, evidence: Evidence | None) -> tuple[Address, ...]:
    """The addresses from the source to the page that was read, each once."""
    seen = [stored(hop.location) for hop in evidence.hops] + [stored(evidence.final)] if evidence else []
    return tuple(dict.fromkeys(address for address in [source, *seen] if address is not None))
