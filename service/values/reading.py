"""What reading a page gave: the link was there, this is what we saw, and this is what its author says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from service.values.entry import Entry
from service.values.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Reading:
    """A source that links to its target."""

    evidence: Evidence
    entry: Entry

    @property
    def fingerprint(self) -> str:
        """A hash of what a reader would see: two looks with the same one are one revision."""
        entry = self.entry
        author = entry.author
        words = [entry.relation, entry.title, entry.content.markup or entry.text, entry.rsvp or ""]
        words += [author.name, author.url or "", author.photo or ""]
        return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()
