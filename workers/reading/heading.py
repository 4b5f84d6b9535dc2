"""A page of ours → what its readers would call it, when it was published, and by which address it wants to be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.values import clean
from service.values.address import Address
from service.values.page import Page
from workers.reading import document, hentry, plain
from workers.reading import microformats as mf
from workers.reading.charset import decode
from workers.reading.dates import moment
from workers.reading.links import Microformats, Scan, scan
from workers.reading.sources import MARKUP, kind


@dataclass(frozen=True, slots=True)
class Heading:
    """What a post says of itself; its words are clean."""

    title: str = ""
    published: str | None = None
    """RFC 3339 with the offset that the page gave, or a date alone."""
    canonical: str | None = None


def heading(page: Page) -> Heading:
    """The page's heading; an empty one where it is no HTML.

    Its title is the name of its entry, then what it shows to others (Open Graph), then ``<title>``, which names the
    blog too.
    """
    if kind(page) not in MARKUP:
        return Heading()
    markup = decode(page.body, page.charset).text
    seen = scan(markup, page.final, (), xml="xml" in page.content_type)
    title, published = _of_entry(markup, seen, page.final)
    return Heading(
        title or plain.shared_title(seen) or seen.title,
        published or plain.entry(seen).published,
        plain.canonical(seen),
    )


def _of_entry(markup: str, seen: Scan, final: Address) -> tuple[str, str | None]:
    if seen.microformats is Microformats.NONE or document.too_heavy(seen.elements, seen.attributes):
        return "", None
    parsed = document.microformats(markup, seen.base)
    entry = _only([one.item for one in mf.items(parsed) if mf.is_a(one.item, "h-entry")], seen.base, final)
    if entry is None:
        return "", None
    name = clean.line(mf.words(entry, "name"))
    return (name if hentry.is_name(name, mf.words(entry, "content")) else ""), moment(mf.words(entry, "published"))


def _only(entries: Sequence[mf.Item], base: Address, final: Address) -> mf.Item | None:
    """The page's own entry: the one that gives the page's address, else the only one; of several nobody knows."""
    here = [one for one in entries if any(its.page == final.page for its in mf.addresses(one, "url", base))]
    return next(iter(here), entries[0] if len(entries) == 1 else None)
