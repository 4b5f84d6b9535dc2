"""The exact link test, which decides: whether a page links to one of the targets, over its stream of start tags.

A link counts where a browser would resolve it to the very address of a target: scheme, ``www``, trailing slash and
order of the query all matter, references are decoded, relative ones resolved (Webmention 3.2.2). Only fragments are
left aside: a link to a part of the post is a link to the post. What is written in comments, scripts, templates, text
fields, or as mere text, is no link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from service.values import clean
from service.values.address import LONGEST, Address
from service.values.entry import Author
from service.values.evidence import Link
from workers.reading.prefilter import has_base, trace
from workers.reading.references import in_attribute, in_text
from workers.reading.stream import End, Raw, Start, Words, tokens
from workers.reading.surroundings import Context, Surroundings
from workers.reading.visible import BLOCKS, Cover, hides

MOST_LINKS = 5
"""Links that are described; all are counted."""

MOST_HEAD = 300
"""Tags of the head that are kept."""

LONGEST_HREF = 600
"""Characters of a described link's address that are kept."""

LINKING: Mapping[str, str] = MappingProxyType(
    {
        "a": "href", "area": "href", "link": "href",
        "img": "src", "video": "src", "audio": "src", "source": "src", "track": "src", "iframe": "src", "embed": "src",
        "object": "data",
        "blockquote": "cite", "q": "cite", "ins": "cite", "del": "cite",
    }
)  # fmt: skip
"""Elements that link, and where. Not ``meta``, ``form``, ``script``, ``data``; ``link`` only as a ``u-*`` property."""

_PICTURES = frozenset({"img", "svg", "picture", "video", "object", "canvas", "iframe"})
_STATUS = re.compile(r"http-equiv[\t\n\f\r ]*=[\t\n\f\r ]*[\"']?[\t\n\f\r ]*(?:status|&)", re.IGNORECASE | re.ASCII)
_PROPERTY = re.compile(r"(?:^|\s)u-[a-z]")
_ENTRY = re.compile(r"(?:^|\s)h-entry(?:\s|$)")
_ROOT = re.compile(r"(?:^|\s)(?:h-[a-z]|(?:hentry|hfeed|vcard|hnews|hreview|hproduct|hrecipe|vevent)(?:\s|$))")
_HEAD = frozenset({"html", "meta", "link"})


class Microformats(StrEnum):
    """Which kind of microformats a page may hold, by its class names."""

    NONE = "none"
    CLASSIC = "classic"
    """hAtom and hCard, as WordPress' themes have had them since 2005."""
    ENTRY = "h-entry"


@dataclass(frozen=True, slots=True)
class Scan:
    """What the stream of tags told."""

    base: Address
    """What the page's relative addresses are resolved against."""
    links: tuple[Link, ...]
    """The first that link to a target."""
    count: int
    """How many do."""
    outgoing: int
    """``<a href>`` on the page, whereto ever."""
    title: str
    gone: bool
    """The page says that it is gone: ``<meta http-equiv="status" content="410 Gone">``."""
    elements: int
    """Start tags."""
    attributes: int
    """Attributes of the tag that has most."""
    excerpt: str
    """The words round the first link that a person can see."""
    head: tuple[Start, ...]
    """What the page says of itself: its ``html``, ``meta`` and ``link`` tags."""
    author: Author
    """Whom the page's first ``<a rel="author">`` names."""
    microformats: Microformats


def scan(markup: str, final: Address, targets: Sequence[Address], xml: bool = False) -> Scan:
    """Everything that the tags of the page at ``final`` tell, in time linear in its size."""
    watch = _Watch(_base(markup, final, xml), targets)
    for token in tokens(markup, xml):
        if isinstance(token, Words):
            watch.words(token)
        elif isinstance(token, Start):
            watch.start(token)
        elif isinstance(token, End):
            watch.end(token)
        else:
            watch.raw(token)
    return watch.outcome()


def _base(markup: str, final: Address, xml: bool) -> Address:
    """The first ``<base href>``, where it is a page's address, else the page (WHATWG HTML 4.2.3)."""
    if not has_base(markup):
        return final
    templates = 0
    for token in tokens(markup, xml):
        if isinstance(token, Start):
            templates += token.name == "template"
            if token.name == "base" and "href" in token.attributes and not templates:
                return final.join(in_attribute(token.attributes["href"])) or final
        elif isinstance(token, End):
            templates -= templates > 0 and token.name == "template"
    return final


@dataclass(slots=True)
class _Seen:
    """A link to a target, still being described."""

    tag: Start
    href: str
    covered: bool
    noscript: bool
    context: Context
    pictured: bool = False

    def described(self) -> Link:
        context = self.context
        empty = self.tag.name == "a" and not self.pictured and not context.text
        return Link(
            element=self.tag.name,
            href=clean.line(self.href[:LONGEST_HREF], LONGEST_HREF),
            text=context.text,
            before=context.before,
            after=context.after,
            rel=tuple(clean.line(word, 40) for word in _rel(self.tag)),
            hidden=self.covered or empty,
            noscript=self.noscript,
        )


class _Watch:
    """One walk along a page."""

    def __init__(self, base: Address, targets: Sequence[Address]):
        self._base = base
        self._pages = frozenset(target.page for target in targets)
        self._trace = trace(targets, base)
        self._resolved: dict[str, bool] = {}
        self._cover = Cover()
        self._surroundings = Surroundings()
        self._templates = self._noscripts = 0
        self._open: _Seen | None = None
        self._seen: list[_Seen] = []
        self._count = self._outgoing = self._elements = self._attributes = 0
        self._title: str | None = None
        self._gone = False
        self._head: list[Start] = []
        self._author: _Seen | None = None
        self._microformats = Microformats.NONE

    def words(self, token: Words) -> None:
        if not self._templates:
            self._surroundings.words(token.text)

    def raw(self, token: Raw) -> None:
        if token.element == "title" and self._title is None and not self._templates:
            self._title = token.text

    def start(self, tag: Start) -> None:
        self._elements += 1
        self._attributes = max(self._attributes, tag.written)
        name = tag.name
        if name == "template":
            self._templates += 1
        if self._templates:
            return
        if name in BLOCKS:
            self._surroundings.edge()
        self._cover.start(name, tag.attributes)
        if "class" in tag.attributes and self._microformats is not Microformats.ENTRY:
            self._classes(in_attribute(tag.attributes["class"]))
        if name in _HEAD:
            self._of_head(tag)
        elif name == "noscript":
            self._noscripts += 1
        elif name == "a":
            self._finish()
            self._outgoing += "href" in tag.attributes
        elif name in _PICTURES and self._open is not None:
            self._open.pictured = True
        attribute = LINKING.get(name)
        if attribute is not None and attribute in tag.attributes:
            self._link(tag, in_attribute(tag.attributes[attribute]))

    def end(self, tag: End) -> None:
        name = tag.name
        if self._templates:
            self._templates -= name == "template"
            return
        self._cover.end(name)
        if name in BLOCKS:
            self._surroundings.edge()
        elif name == "noscript":
            self._noscripts -= self._noscripts > 0
        elif name == "a":
            self._finish()

    def outcome(self) -> Scan:
        self._finish()
        links = tuple(seen.described() for seen in self._seen)
        shown = next((link for link in links if not link.hidden), None)
        return Scan(
            base=self._base,
            links=links,
            count=self._count,
            outgoing=self._outgoing,
            title=clean.line(in_text((self._title or "")[:8000])),
            gone=self._gone,
            elements=self._elements,
            attributes=self._attributes,
            excerpt=clean.line(shown.before + shown.text + shown.after, 500) if shown else "",
            head=tuple(self._head),
            author=self._named_author(),
            microformats=self._microformats,
        )

    def _classes(self, names: str) -> None:
        if _ROOT.search(names):
            self._microformats = Microformats.ENTRY if _ENTRY.search(names) else Microformats.CLASSIC

    def _of_head(self, tag: Start) -> None:
        if len(self._head) < MOST_HEAD:
            self._head.append(tag)
        if tag.name == "meta":
            self._gone = self._gone or _says_gone(tag.attributes)

    def _link(self, tag: Start, href: str) -> None:
        if tag.name == "link" and not _PROPERTY.search(tag.attributes.get("class", "")):
            return
        if not self._leads_to_a_target(href):
            if tag.name == "img":
                self._surroundings.words(tag.attributes.get("alt", ""))
            elif tag.name == "a" and self._author is None and "author" in _rel(tag):
                self._author = self._open = _Seen(tag, href, False, False, self._surroundings.link())
            return
        self._count += 1
        if len(self._seen) >= MOST_LINKS:
            return
        covered = self._cover.hidden or hides(tag.attributes) or tag.name == "link"
        seen = _Seen(tag, href, covered, self._noscripts > 0, self._surroundings.link())
        self._seen.append(seen)
        if tag.name == "a":
            self._open = seen
        elif tag.name == "img":
            seen.context.add(tag.attributes.get("alt", ""))
            seen.context.close()
        else:
            seen.context.close()

    def _leads_to_a_target(self, href: str) -> bool:
        known = self._resolved.get(href)
        if known is None:
            there = self._base.join(href) if self._trace.in_reference(href) else None
            known = self._resolved[href] = there is not None and there.page in self._pages
        return known

    def _named_author(self) -> Author:
        if self._author is None:
            return Author()
        there = self._base.join(self._author.href)
        return Author(self._author.context.text, there.url if there and len(there.url) <= LONGEST else None)

    def _finish(self) -> None:
        if self._open is not None:
            self._open.context.close()
            self._open = None


def _rel(tag: Start) -> list[str]:
    return in_attribute(tag.attributes.get("rel", "")).lower().split()[:10]


def may_say_gone(markup: str) -> bool:
    """Whether the page may hold a ``<meta http-equiv="status">``, however it spells it."""
    return _STATUS.search(markup) is not None


def _says_gone(attributes: Mapping[str, str]) -> bool:
    equivalent = in_attribute(attributes.get("http-equiv", "")).strip().lower()
    return equivalent == "status" and in_attribute(attributes.get("content", "")).strip().startswith("410")
