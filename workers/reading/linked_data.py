"""What a page tells machines of itself in JSON-LD (https://schema.org/Article): its author, title and dates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.values import clean
from service.values.address import LONGEST, Address
from service.values.entry import Author
from workers.reading.dates import moment

MOST_THINGS = 300
"""Things of a page that are looked at; most pages have fewer than twenty."""

_LONGEST = 500
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Article:
    """The thing that the page is about."""

    author: Author = field(default_factory=Author)
    title: str = ""
    summary: str = ""
    published: str | None = None
    updated: str | None = None
    site: str = ""


def article(blocks: Sequence[str], base: Address) -> Article:
    """The first article among the things of these blocks; an empty one where there is none, or nothing to read."""
    things = [thing for block in blocks for thing in _things(_parsed(block), _DEEPEST)][:MOST_THINGS]
    named = {name: thing for thing in things if isinstance(name := thing.get("@id"), str) and len(thing) > 1}
    for thing in things:
        if any(kind.endswith(("Article", "Posting")) for kind in _words(thing.get("@type"))):
            return Article(
                author=_author(thing.get("author"), named, base),
                title=_line(thing.get("headline")) or _line(thing.get("name")),
                summary=_line(thing.get("description"), _LONGEST),
                published=_moment(thing.get("datePublished")),
                updated=_moment(thing.get("dateModified")),
                site=_author(thing.get("publisher"), named, base).name,
            )
    return Article()


def _parsed(block: str) -> Any:
    try:
        return json.loads(block.strip(), parse_int=str, parse_float=str, strict=False)
    except (ValueError, RecursionError):
        return None


def _things(data: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """The objects of a block, outer ones first: a list's, a graph's, and what a page says it is about."""
    if isinstance(data, list) and depth:
        for one in data:
            yield from _things(one, depth - 1)
    elif isinstance(data, Mapping):
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            if depth and isinstance(data.get(name), list | Mapping):
                yield from _things(data[name], depth - 1)


def _author(given: Any, named: Mapping[str, Mapping[str, Any]], base: Address) -> Author:
    """The first of the authors, who may be a name, a thing, or a thing told elsewhere."""
    if isinstance(given, list):
        given = next((one for one in given if one), None)
    if isinstance(given, Mapping):
        given = {**named.get(str(given.get("@id")), {}), **given}
    if not isinstance(given, Mapping):
        return Author(name=_line(given))
    there = next((base.join(words) for words in _words(given.get("url")) if words.strip()), None)
    return Author(_line(given.get("name")), there.url if there is not None and len(there.url) <= LONGEST else None)


def _words(given: Any) -> list[str]:
    several = given if isinstance(given, list) else [given]
    return [one for one in several if isinstance(one, str)]


def _line(given: Any, longest: int = clean.LONGEST_NAME) -> str:
    return next((clean.line(words, longest) for words in _words(given)), "")


def _moment(given: Any) -> str | None:
    return next((moment(words) for words in _words(given)), None)
