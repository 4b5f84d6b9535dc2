"""What became of reading a page: what we saw (evidence) and what its author says (entry)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from service.values import clean
from service.values.address import stored
from service.values.entry import Entry
from service.values.evidence import Evidence
from service.values.page import Failure, Page
from service.values.reading import Reading
from service.values.reason import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """The link test has spoken, and found a link."""

    reading: Reading
    """What stands even if nothing more can be read: the evidence is marked ``too_heavy``."""
    whole: Callable[[], Reading]
    """Reads the rest, which may cost more than there is."""


def evidence_of(page: Page) -> Evidence:
    """What the fetch alone tells."""
    return Evidence(
        asked=page.asked.url,
        final=page.final.url,
        status=page.status,
        hops=page.hops,
        content_type=clean.line(page.content_type, 80),
        size=len(page.body),
        truncated=page.truncated,
        seconds=page.seconds,
        digest=hashlib.sha256(page.body).hexdigest(),
        downgraded=page.downgraded,
    )


def reading(evidence: Evidence, entry: Entry, page: Page) -> Reading:
    """What was read, and the author's page where only its address is known (https://indieweb.org/authorship-spec)."""
    author = entry.author
    there = stored(author.url) if author.url and not author.name else None
    return Reading(evidence, entry, wants=there.url if there and there.page != page.final.page else None)


def failed(page: Page, code: str, **details: object) -> Failure:
    """The page was read, and this is why it is no source."""
    return Failure(Reason(code, details), page.final, page.hops, page.seconds, status=page.status)
