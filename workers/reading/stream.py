"""Markup → the tags and words that WHATWG's tokenizer sees (HTML 13.2.5), in time linear in the page's size.

What stands in comments, in a DOCTYPE and in CDATA sections never comes out; the content of raw text elements
(``script``, ``style``, ``title``, …) comes out as :class:`Raw`. Once something has no end, the page has: nothing is
ever looked at twice, which is where ``html.parser`` becomes quadratic. Trees are left to others, so of the tree's
rules only those are kept that decide where raw text begins.

One difference from browsers, on purpose: a CDATA section outside SVG ends at its ``]]>``, if it has one, and not
at the first ``>``: nobody shows a link there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MOST_ATTRIBUTES = 200
"""Different attributes of one tag that are kept; all are counted."""


class Start(NamedTuple):
    """A start tag."""

    name: str
    attributes: Mapping[str, str]
    """Names in ASCII lower case; the first of a name wins; references in values not yet decoded."""
    written: int
    """How many attributes were written."""
    closed: bool
    """Whether it ends itself (``<g/>``)."""


class End(NamedTuple):
    """An end tag."""

    name: str


class Words(NamedTuple):
    """Text between tags, references not yet decoded."""

    text: str


class Raw(NamedTuple):
    """The content of a raw text element, which is never markup."""

    element: str
    text: str


Token = Start | End | Words | Raw

_RAW = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
_RAW_END = {name: re.compile(rf"</{name}(?=[\t\n\f />])", re.IGNORECASE | re.ASCII) for name in _RAW}
_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[\t\n\f />])", re.IGNORECASE | re.ASCII)
_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][^\t\n\f />]*)(>?)|([!?/]))")
# One attribute with what stands before it: name, then the value in double, single or no quotes.
_ATTRIBUTE = re.compile(
    r"""[\t\n\f /]*(=?[^\t\n\f />=]*)(?:[\t\n\f ]*=[\t\n\f ]*(?:"([^"]*)("?)|'([^']*)('?)|([^\t\n\f >]*)))?"""
)
_COMMENT_END = re.compile(r"--!?>")
# Start tags that end foreign content (13.2.6.5).
_BREAKOUT = frozenset(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta"
    " nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split()
)
_ACTING = frozenset({"svg", "math", "plaintext", *_RAW})
# Most tags are one of these, without attributes: they need not be made again and again.
_BARE = {name: Start(name, {}, 0, False) for name in _BREAKOUT}
_ENDS = {name: End(name) for name in _BREAKOUT}


def tokens(markup: str, xml: bool) -> Iterator[Token]:
    """The tokens of a page. ``xml`` for XHTML, where ``<script/>`` has no content."""
    return _Stream(markup, xml).tokens()


class _Stream:
    def __init__(self, markup: str, xml: bool):
        self._markup = markup.replace("\r\n", "\n").replace("\r", "\n")
        self._at = 0
        self._xml = xml
        self._foreign = 0
        self._sections = True

    def tokens(self) -> Iterator[Token]:
        markup = self._markup
        while self._at >= 0:
            here = self._at
            found = _MARKUP.search(markup, here)
            if found is None:
                if here < len(markup):
                    yield Words(markup[here:])
                return
            if found.start() > here:
                yield Words(markup[here : found.start()])
            end, name, bare, declares = found.groups()
            if declares:
                self._at = self._declaration(found.start())
                continue
            name = name.lower() if name.isascii() else _lower(name)
            self._at = found.end()
            tag = (_BARE.get(name) or Start(name, {}, 0, False)) if bare else self._tag(name)
            if tag is None:
                return
            if end:
                self._foreign -= self._foreign > 0 and name in ("svg", "math")
                yield _ENDS.get(name) or End(name)
                continue
            yield tag
            if self._foreign or name in _ACTING:
                yield from self._content(tag)

    def _tag(self, name: str) -> Start | None:
        """The tag with what it has behind its name; ``None`` where the page ends first: that is no tag."""
        markup, at, kept, count = self._markup, self._at, dict[str, str](), 0
        while True:
            found = _ATTRIBUTE.match(markup, at)
            assert found is not None
            attribute, double, double_end, single, single_end, bare = found.groups()
            if not attribute:
                self._at = found.end() + 1
                closed = markup[at : found.end()].endswith("/")
                return Start(name, kept, count, closed) if found.end() < len(markup) else None
            if (double is not None and not double_end) or (single is not None and not single_end):
                return None
            at = found.end()
            count += 1
            if len(kept) < MOST_ATTRIBUTES:
                attribute = attribute.lower() if attribute.isascii() else _lower(attribute)
                kept.setdefault(attribute, double or single or bare or "")

    def _declaration(self, start: int) -> int:
        """Behind a comment, a DOCTYPE, a CDATA section or what browsers take for a comment; -1 at the page's end."""
        markup = self._markup
        if markup.startswith("<!--", start):
            inside = start + 4
            for abrupt in (">", "->"):
                if markup.startswith(abrupt, inside):
                    return inside + len(abrupt)
            end = _COMMENT_END.search(markup, inside)
            return end.end() if end else -1
        if self._sections and markup.startswith("<![CDATA[", start):
            end_of_section = markup.find("]]>", start)
            if end_of_section >= 0:
                return end_of_section + 3
            # Without this memory a page of section starts would be searched to its end for each.
            self._sections = False
        end_of_tag = markup.find(">", start)
        return end_of_tag + 1 if end_of_tag >= 0 else -1

    def _content(self, tag: Start) -> Iterator[Token]:
        """What a start tag does to what comes after it."""
        name = tag.name
        if name in ("svg", "math"):
            self._foreign += not tag.closed
        elif name in _BREAKOUT:
            self._foreign = 0
        elif name == "plaintext" and not self._foreign:
            yield Words(self._markup[self._at :])
            self._at = -1
        elif name in _RAW_END and not (tag.closed and (self._xml or self._foreign)):
            start = self._at
            self._at = self._script_end() if name == "script" else self._raw_end(name)
            if not (name == "title" and self._foreign):
                yield Raw(name, self._markup[start : self._at if self._at >= 0 else None])

    def _raw_end(self, name: str) -> int:
        end = _RAW_END[name].search(self._markup, self._at)
        return end.start() if end else -1

    def _script_end(self) -> int:
        """Where a script's end tag begins, escapes of escapes included (13.2.5.15 to 13.2.5.31)."""
        escaped = doubly = False
        at = self._at
        while found := _SCRIPT.search(self._markup, at):
            at = found.end()
            if found[0] == "<!--":
                escaped = True
                # The dashes of "<!-->" open and close.
                at = found.start() + 2
                continue
            if found[0] == "-->":
                escaped = doubly = False
            elif found[1]:
                if not doubly:
                    return found.start()
                doubly = False
            elif escaped:
                doubly = True
        return -1


def _lower(name: str) -> str:
    """ASCII lower case: the Kelvin sign is no k."""
    return re.sub("[A-Z]+", lambda found: found[0].lower(), name)
