"""HTML and XHTML sources: the prefilter, the link test, then the tree for what the author says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup

from service.values.address import Address
from service.values.entry import Entry
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading import document, hentry, plain
from workers.reading.charset import decode
from workers.reading.links import Scan, may_say_gone, scan
from workers.reading.prefilter import absent
from workers.reading.reading import Verdict, evidence_of, failed


def judge(page: Page, targets: Sequence[Address]) -> Verdict | Failure:
    """Whether the page links to one of the targets. Linear in its size."""
    decoded = decode(page.body, page.charset)
    if absent(decoded.text, page.final, targets) and not may_say_gone(decoded.text):
        return failed(page, "no_link")
    seen = scan(decoded.text, page.final, targets, xml="xml" in page.content_type)
    if seen.gone:
        return failed(page, "gone", status=410)
    if not seen.count:
        return failed(page, "no_link")
    evidence = replace(
        evidence_of(page),
        charset=decoded.charset,
        links=seen.links,
        links_on_page=seen.count,
        too_heavy=True,
        hints={"outgoing": seen.outgoing},
    )
    verdict = Reading(evidence, Entry(title=seen.title, text=seen.excerpt))
    return Verdict(verdict, _Whole(page, tuple(targets), decoded.text, seen, verdict))


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is read once the link is found."""

    page: Page
    targets: tuple[Address, ...]
    markup: str
    seen: Scan
    verdict: Reading

    def __call__(self) -> Reading:
        seen = self.seen
        if seen.elements > document.MOST_ELEMENTS or seen.attributes > document.MOST_ATTRIBUTES:
            return self.verdict
        soup = document.tree(self.markup)
        if soup is None:
            return self.verdict
        head = plain.head(soup, seen.base, seen.title)
        evidence = replace(self.verdict.evidence, too_heavy=False, canonical=head.canonical, language=head.language)
        return Reading(evidence, self._entry(soup, replace(head.entry, text=seen.excerpt)))

    def _entry(self, soup: BeautifulSoup, page: Entry) -> Entry:
        parsed = document.microformats(soup, self.seen.base)
        if parsed is None:
            return page
        source = hentry.Source(self.seen.base, self.page.final, self.targets)
        return hentry.entry(parsed, source, page, named=soup.find(class_="h-entry") is not None)
