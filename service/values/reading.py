"""What reading a page gave: the link was there, this is what we saw, and this is what its author says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from service.values.address import stored
from service.values.entry import Entry
from service.values.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Reading:
    """A source that links to its target."""

    evidence: Evidence
    entry: Entry
    wants: str | None = None
    """The author's page, where the source tells no more of its author than that address: whoever fetches it learns the
    rest from it (``workers.reading.author``)."""

    @property
    def moved_elsewhere(self) -> str | None:
        """The registrable domain to which the source has moved for good, if that is another than its own: that is news
        to whoever decides, and a new address on the same one is not."""
        old, new = stored(self.evidence.asked), stored(self.evidence.moved_to)
        return new.domain if old and new and new.domain != old.domain else None

    @property
    def fingerprint(self) -> str:
        """A hash of what a reader would see: two looks with the same one are one revision. Its address on the same
        domain and its date are no part of it: they are put right in place."""
        entry = self.entry
        author = entry.author
        words = [entry.relation, entry.title or entry.site, entry.content.markup or entry.text, entry.rsvp or ""]
        words += [author.name, author.url or "", author.photo or ""]
        if (elsewhere := self.moved_elsewhere) is not None:
            words.append(elsewhere)
        return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()
