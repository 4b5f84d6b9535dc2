"""Sources of plain text: the target's address is there as a word of its own (``…/post-2`` is not ``…/post``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.values import clean
from service.values.address import Address, BadAddress, parse
from service.values.entry import Entry
from service.values.evidence import LONGEST_SNAPSHOT, Link
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading.charset import decode
from workers.reading.links import LONGEST_HREF, MOST_LINKS
from workers.reading.prefilter import trace
from workers.reading.reading import Verdict, evidence_of, failed
from workers.reading.surroundings import Context

_ADDRESS = re.compile(r"(?<![a-z0-9])https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_PUNCTUATION = ".,;:!?)]}'’*_"
_MOST_PUNCTUATION = 8
_SIDE = 400


def judge(page: Page, targets: Sequence[Address]) -> Verdict | Failure:
    """Whether one of the addresses in the text is a target's."""
    decoded = decode(page.body, page.charset)
    pages = frozenset(target.page for target in targets)
    least = trace(targets, page.final)
    found = [
        address
        for address in _ADDRESS.finditer(decoded.text)
        if least.in_reference(address[0]) and _leads(address[0], pages)
    ]
    if not found:
        return failed(page, "no_link")
    links = tuple(_described(address) for address in found[:MOST_LINKS])
    evidence = replace(
        evidence_of(page),
        charset=decoded.charset,
        links=links,
        links_on_page=len(found),
        snapshot=clean.text(decoded.text[: 2 * LONGEST_SNAPSHOT])[:LONGEST_SNAPSHOT],
    )
    excerpt = clean.line(links[0].before + links[0].href + links[0].after, 500)
    reading = Reading(evidence, Entry(text=excerpt))
    return Verdict(reading, lambda: reading)


def _leads(words: str, pages: frozenset[str]) -> bool:
    return any(_page(form) in pages for form in _forms(words))


def _forms(words: str) -> Iterator[str]:
    """As written, and without the punctuation that may end its sentence."""
    yield words
    for _ in range(_MOST_PUNCTUATION):
        if words[-1:] not in _PUNCTUATION:
            return
        words = words[:-1]
        yield words


def _page(words: str) -> str | None:
    try:
        return parse(words).page
    except BadAddress:
        return None


def _described(found: re.Match[str]) -> Link:
    text, start, end = found.string, found.start(), found.end()
    context = Context(text[max(0, start - _SIDE) : start].rpartition("\n\n")[2])
    context.close()
    context.add(text[end : end + _SIDE].partition("\n\n")[0])
    return Link("text", clean.line(found[0], LONGEST_HREF), before=context.before, after=context.after)
