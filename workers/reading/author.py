"""An author's page → who its owner is: its representative h-card, as the authorship algorithm has it.

https://microformats.org/wiki/representative-h-card-parsing, https://indieweb.org/authorship-spec (steps 6 and 7)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.values.address import Address
from service.values.entry import Author
from service.values.page import Page
from workers.reading import document, hentry
from workers.reading import microformats as mf
from workers.reading.charset import decode
from workers.reading.links import Microformats, scan
from workers.reading.sources import MARKUP, kind


def author(page: Page, wanted: Address) -> Author:
    """Who the page at ``wanted`` says it belongs to; nobody but the address where it is no HTML or says nothing.

    The card's own address does not count: whoever is named by a page is known by that page's address.
    """
    nobody = Author(url=wanted.url)
    if kind(page) not in MARKUP:
        return nobody
    markup = decode(page.body, page.charset).text
    seen = scan(markup, page.final, (), xml="xml" in page.content_type)
    if seen.microformats is Microformats.NONE or document.too_heavy(seen.elements, seen.attributes):
        return nobody
    parsed = document.microformats(markup, seen.base)
    if parsed is None:
        return nobody
    here = {page.final.page, page.asked.page, wanted.page}
    mine = {there.page for one in mf.rels(parsed, "me") if (there := seen.base.join(one)) is not None}
    cards = [_Card.of(one.item, seen.base) for one in mf.items(parsed) if mf.is_a(one.item, "h-card")]
    ranked = (
        [card for card in cards if card.urls & card.uids & here]
        + [card for card in cards if card.urls & mine]
        # The authorship algorithm is content with a card that names the page, others beside it or not.
        + [card for card in cards if card.urls & here]
    )
    return replace(hentry.card(ranked[0].item, seen.base), url=wanted.url) if ranked else nobody


@dataclass(frozen=True, slots=True)
class _Card:
    item: mf.Item
    urls: frozenset[str]
    uids: frozenset[str]

    @classmethod
    def of(cls, item: mf.Item, base: Address) -> _Card:
        urls, uids = (frozenset(its.page for its in mf.addresses(item, name, base)) for name in ("url", "uid"))
        return cls(item, urls, uids)
