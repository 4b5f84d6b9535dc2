"""Whether a page vouches for a domain: it links there as to somebody whom it knows (https://indieweb.org/Vouch)."""

from __future__ import annotations

from service.values.page import Page
from workers.reading.charset import decode
from workers.reading.links import scan
from workers.reading.references import in_attribute
from workers.reading.sources import MARKUP, kind
from workers.reading.stream import Start, tokens

_UNTRUSTED = frozenset({"nofollow", "ugc", "sponsored"})


def vouches(page: Page, domain: str) -> bool:
    """Whether one of the page's links leads to the registrable domain, and does not say that it is no recommendation
    (``rel="nofollow"`` and its kin)."""
    if kind(page) not in MARKUP:
        return False
    markup = decode(page.body, page.charset).text
    xml = "xml" in page.content_type
    base = scan(markup, page.final, (), xml=xml).base
    for token in tokens(markup, xml):
        if not isinstance(token, Start) or token.name != "a" or "href" not in token.attributes:
            continue
        if _UNTRUSTED.isdisjoint(in_attribute(token.attributes.get("rel", "")).lower().split()):
            there = base.join(in_attribute(token.attributes["href"]))
            if there is not None and there.domain == domain:
                return True
    return False
