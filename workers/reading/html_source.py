"""HTML and XHTML sources: the prefilter, the link test, then the tree where microformats may be read in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.values.address import Address
from service.values.entry import Entry
from service.values.evidence import LONGEST_SNAPSHOT
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading import document, hentry, plain
from workers.reading.charset import decode
from workers.reading.links import Microformats, Scan, may_say_gone, scan
from workers.reading.prefilter import absent
from workers.reading.reading import Verdict, evidence_of, failed, reading


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
        canonical=plain.canonical(seen),
        language=plain.language(seen),
        outgoing=seen.outgoing,
    )
    verdict = Reading(evidence, plain.entry(seen))
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
        seen, told = self.seen, self.verdict.entry
        if seen.microformats is Microformats.NONE:
            return self._reading(told, too_heavy=False)
        if document.too_heavy(seen.elements, seen.attributes):
            return self._reading(told, too_heavy=True)
        parsed = document.microformats(self.markup, seen.base)
        if parsed is None:
            return self._reading(told, too_heavy=True)
        source = hentry.Source(seen.base, self.page.final, self.targets)
        named = seen.microformats is Microformats.ENTRY
        return self._reading(hentry.entry(parsed, source, told, named), too_heavy=False)

    def _reading(self, entry: Entry, too_heavy: bool) -> Reading:
        snapshot = entry.text[:LONGEST_SNAPSHOT] if entry.content else self.seen.snapshot.text
        return reading(replace(self.verdict.evidence, too_heavy=too_heavy, snapshot=snapshot), entry, self.page)
