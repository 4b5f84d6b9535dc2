"""Where a page says that its reflections go: its endpoints, found as the specifications tell senders to.

Webmention, section 3.1.2 (``Link`` header, then ``<link>`` and ``<a>``); Pingback 1.0, section 2 (``X-Pingback``
header, then ``<link>``).
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from service.values.address import Address, parse

Protocol = Literal["webmention", "pingback"]

AGENT = "Reflections demo blog (webmention, pingback)"
SECONDS = 10
LONGEST = 1_000_000
"""Bytes of a page that are read."""

_LINK = re.compile(r"""<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)""")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, and where on the page it stood."""

    url: str
    found: str
    """``Link:``, ``X-Pingback:``, ``<link>`` or ``<a>``."""


def endpoint(page: str, protocol: Protocol) -> Endpoint | None:
    """The endpoint that the page names for this protocol, ``None`` where it names none.

    Raises ``OSError`` where the page can't be read.
    """
    request = urllib.request.Request(page, headers={"User-Agent": AGENT})  # noqa: S310
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        base = parse(answer.url)
        links = ", ".join(answer.headers.get_all("Link", []))
        named = answer.headers.get("X-Pingback")
        markup = answer.read(LONGEST).decode("utf-8", "replace")
    if protocol == "pingback" and named:
        return _on(base, named, "X-Pingback:")
    for reference in _in_header(links, protocol) if protocol == "webmention" else ():
        return _on(base, reference, "Link:")
    for tag, reference in _in_markup(markup, protocol):
        return _on(base, reference, f"<{tag}>")
    return None


def _on(base: Address, reference: str, found: str) -> Endpoint | None:
    there = base.join(reference) if reference else base
    return Endpoint(there.url, found) if there else None


def _in_header(links: str, relation: str) -> Iterator[str]:
    for link in _LINK.finditer(links):
        rel = _REL.search(link[2])
        if rel and relation in (rel[1] or rel[2] or "").lower().split():
            yield link[1]


def _in_markup(markup: str, relation: str) -> Iterator[tuple[str, str]]:
    reader = _Links(relation)
    reader.feed(markup)
    return iter(reader.links)


class _Links(HTMLParser):
    """The links of a relation, in the page's order."""

    def __init__(self, relation: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._relation = relation
        self._tags = ("link", "a") if relation == "webmention" else ("link",)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}
        if tag in self._tags and "href" in given and self._relation in given.get("rel", "").lower().split():
            self.links.append((tag, given["href"]))
