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
from service.values.evidence import Hiding, Link, Place
from workers.reading.places import ELEMENTS, Places, Row, Rows
from workers.reading.prefilter import has_base, trace
from workers.reading.references import in_attribute, in_text
from workers.reading.stream import End, Raw, Start, Words, tokens
from workers.reading.surroundings import Context, Snapshot, Surroundings
from workers.reading.visible import BLOCKS, Cover, hiding

MOST_LINKS = 5
"""Links that are described; all are counted."""

MOST_LINKED = 5
"""Blocks of JSON-LD that are kept."""

LONGEST_LINKED = 100_000
"""Characters of one."""

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
_MEANT = _HEAD | {"noscript", "script", "time", "main", "article", "a"}
_PARTS = frozenset({"h1", "main", "article"})
_TELLING = _MEANT | _PICTURES | _PARTS | ELEMENTS.keys()
"""Elements that tell us something without any attribute, beside that a block begins or ends."""


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
    time: str
    """The first ``<time datetime>`` of the text."""
    linked: tuple[str, ...]
    """The page's JSON-LD, not read yet."""
    snapshot: Snapshot
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
    covered: Hiding | None
    place: Place
    noscript: bool
    context: Context
    row: Row
    pictured: bool = False

    @property
    def plain(self) -> bool:
        return self.covered is None and self.place is Place.TEXT

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
            place=Place.LIST if self.row.long else self.place,
            hidden=self.covered or (self._empty() if empty else None),
            noscript=self.noscript,
        )

    def _empty(self) -> Hiding:
        return Hiding.PROPERTY if _PROPERTY.search(self.tag.attributes.get("class", "")) else Hiding.EMPTY


class _Watch:
    """One walk along a page."""

    def __init__(self, base: Address, targets: Sequence[Address]):
        self._base = base
        self._pages = frozenset(target.page for target in targets)
        self._trace = trace(targets, base)
        self._resolved: dict[str, bool] = {}
        self._cover = Cover()
        self._places = Places()
        self._rows = Rows()
        self._surroundings = Surroundings()
        self._snapshot = Snapshot()
        self._templates = self._noscripts = 0
        self._open: _Seen | None = None
        self._seen: list[_Seen] = []
        self._count = self._outgoing = self._elements = self._attributes = 0
        self._title: str | None = None
        self._gone = False
        self._head: list[Start] = []
        self._author: _Seen | None = None
        self._microformats = Microformats.NONE
        self._time = ""
        self._linked: list[str] = []
        self._is_linked = False

    def words(self, token: Words) -> None:
        if not self._templates:
            self._surroundings.words(token.text)
            self._rows.words(token.text)
            if self._snapshot.room > 0 and self._is_shown():
                self._snapshot.words(token.text)

    def raw(self, token: Raw) -> None:
        if self._templates:
            return
        if token.element == "title" and self._title is None:
            self._title = token.text
        elif token.element == "script" and self._is_linked and len(self._linked) < MOST_LINKED:
            self._linked.append(token.text[:LONGEST_LINKED])

    def start(self, tag: Start) -> None:
        self._elements += 1
        if tag.written > self._attributes:
            self._attributes = tag.written
        name = tag.name
        if name == "template":
            self._templates += 1
        if self._templates:
            return
        if not tag.attributes and self._tells_nothing(name):
            if name in BLOCKS:
                self._edge()
            return
        if self._places.start(name, tag.attributes) or name in _PARTS:
            self._rows.part()
        # A sentence does not go on in what nobody sees; but a hidden link has one of its own.
        if (self._cover.start(name, tag.attributes) and name != "a") or name in BLOCKS:
            self._edge()
        if "class" in tag.attributes and self._microformats is not Microformats.ENTRY:
            self._classes(in_attribute(tag.attributes["class"]))
        if name in _MEANT or name in _PICTURES:
            self._element(tag)
        attribute = LINKING.get(name)
        if attribute is not None and attribute in tag.attributes:
            self._link(tag, in_attribute(tag.attributes[attribute]))

    def _tells_nothing(self, name: str) -> bool:
        """Whether such a tag, without attributes, is a block's edge at the most: nearly all are, on heavy pages too."""
        return name not in _TELLING and name != self._places.name and self._cover.hidden is None

    def _element(self, tag: Start) -> None:
        """What the elements that mean something to us do."""
        name = tag.name
        if name in _HEAD:
            self._of_head(tag)
        elif name == "noscript":
            self._noscripts += 1
        elif name == "script":
            self._is_linked = in_attribute(tag.attributes.get("type", "")).strip().lower() == "application/ld+json"
        elif name == "time":
            self._of_time(tag)
        elif name in ("main", "article"):
            self._snapshot.begin()
        elif name == "a":
            self._finish()
            self._outgoing += "href" in tag.attributes
        elif name in _PICTURES and self._open is not None:
            self._open.pictured = True

    def end(self, tag: End) -> None:
        name = tag.name
        if self._templates:
            self._templates -= name == "template"
            return
        if self._tells_nothing(name):
            if name in BLOCKS:
                self._edge()
            return
        if self._places.end(name):
            self._rows.part()
        if (self._cover.end(name) and name != "a") or name in BLOCKS:
            self._edge()
        elif name == "noscript":
            self._noscripts -= self._noscripts > 0
        elif name == "a":
            self._finish()

    def outcome(self) -> Scan:
        self._finish()
        links = tuple(seen.described() for seen in self._seen)
        shown = next((link for link in links if link.plain), next((link for link in links if not link.hidden), None))
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
            time=self._time,
            linked=tuple(self._linked),
            snapshot=self._snapshot,
        )

    def _edge(self) -> None:
        """A block begins or ends."""
        self._surroundings.edge()
        self._snapshot.edge()

    def _is_shown(self) -> bool:
        """Whether what comes now is text for a person."""
        return self._places.place is Place.TEXT and self._cover.hidden is None

    def _of_time(self, tag: Start) -> None:
        if not self._time and self._places.place is Place.TEXT:
            self._time = in_attribute(tag.attributes.get("datetime", "")[:64])

    def _classes(self, names: str) -> None:
        if _ROOT.search(names):
            self._microformats = Microformats.ENTRY if _ENTRY.search(names) else Microformats.CLASSIC

    def _of_head(self, tag: Start) -> None:
        if len(self._head) < MOST_HEAD:
            self._head.append(tag)
        if tag.name == "meta":
            self._gone = self._gone or _says_gone(tag.attributes)

    def _described(self, tag: Start, href: str, row: Row) -> _Seen:
        covered = self._cover.hidden or hiding(tag.attributes) or (Hiding.PROPERTY if tag.name == "link" else None)
        return _Seen(tag, href, covered, self._places.place, self._noscripts > 0, self._surroundings.link(), row)

    def _link(self, tag: Start, href: str) -> None:
        row = self._rows.link() if tag.name == "a" else Row()
        if tag.name == "link" and not _PROPERTY.search(tag.attributes.get("class", "")):
            return
        if not self._leads_to_a_target(href):
            if tag.name == "img":
                self._surroundings.words(tag.attributes.get("alt", ""))
            elif tag.name == "a" and self._author is None and "author" in _rel(tag):
                self._author = self._open = self._described(tag, href, row)
            return
        self._count += 1
        if len(self._seen) >= MOST_LINKS:
            if any(one.plain for one in self._seen) or not self._is_shown():
                return
            # The text has the last word over five links of a menu.
            self._seen.pop()
        seen = self._described(tag, href, row)
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
