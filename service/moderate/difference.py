"""What changed between the revision that readers see and the one that its source says now, word by word. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from service.moderate.item import Version

MOST_WORDS = 4000
"""Words and gaps between the first and the last that differ, of both together: more are not compared one by one."""

MOST_PAIRS = 8_000
"""Places at which a word of the one is the same as a word of the other: a few words said over and over in both make
millions, and each is looked at many times."""

CONTEXT, MOST_SHOWN = 40, 320
"""Characters of what two texts have in common that are shown around what they have not, and of that itself."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that are in both, only in the old one, or only in the new."""

    kind: Literal["same", "old", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What of the item changed, and how."""

    what: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """The one stretch in which a text differs from another, with a little of what both have around it."""

    before: str
    old: str
    new: str
    after: str


_LINES = (
    ("title", "title"),
    ("author", "author_name"),
    ("author_url", "author_url"),
    ("photo", "author_photo"),
    ("type", "relation"),
    ("rsvp", "rsvp"),
    ("moved_to", "moved_to"),
)
"""What is compared as a whole: replaced, not rewritten."""


def changes(old: Version, new: Version) -> Sequence[Change]:
    """What is different in ``new``, its words last; empty where a reader would see the same."""
    lines = [
        Change(what, tuple(_replaced([getattr(old, field) or ""], [getattr(new, field) or ""])))
        for what, field in _LINES
        if (getattr(old, field) or "") != (getattr(new, field) or "")
    ]
    if old.words != new.words:
        lines.append(Change("words", tuple(compared(old.words, new.words))))
    elif old.content.markup != new.content.markup:
        lines.append(Change("markup", ()))
    return lines


def compared(old: str, new: str) -> Iterator[Part]:
    """The parts of both texts in their order, what was taken out before what was put in. A gap alone parts nothing:
    a phrase is replaced as a whole."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    end, new_end = len(before) - tail, len(after) - tail
    yield from _part("same", before[:head])
    yield from _middle(before[head:end], after[head:new_end])
    yield from _part("same", before[end:])


def apart(first: str, other: str) -> Apart:
    """Where ``other`` differs from ``first``: from the first word that does to the last. Linear in both."""
    before, after = _WORDS.findall(first), _WORDS.findall(other)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    end, new_end = len(before) - tail, len(after) - tail
    lead, rest = "".join(after[:head]), "".join(after[new_end:])
    return Apart(
        before=lead if len(lead) <= CONTEXT else f"…{lead[-CONTEXT:]}",
        old="".join(before[head:end])[:MOST_SHOWN],
        new="".join(after[head:new_end])[:MOST_SHOWN],
        after=rest if len(rest) <= CONTEXT else f"{rest[:CONTEXT]}…",
    )


def _middle(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    if len(before) + len(after) > MOST_WORDS or _pairs(before, after) > MOST_PAIRS:
        yield from _replaced(before, after)
        return
    # Its junk rules leave out gaps, and words that are more than a percent of 200 or more: without them a hostile page
    # takes minutes.
    old, new = list[str](), list[str]()
    for tag, i, j, k, m in SequenceMatcher(str.isspace, before, after).get_opcodes():
        gap = "".join(before[i:j]).isspace()
        if tag == "equal" and not gap:
            yield from _replaced(old, new)
            old, new = [], []
            yield from _part("same", before[i:j])
        else:
            old += before[i:j]
            new += after[k:m]
    yield from _replaced(old, new)


def _pairs(before: Sequence[str], after: Sequence[str]) -> int:
    """How many there are of what is compared."""
    counted, said = Counter(before), Counter(after)
    most = len(after) // 100 + 1 if len(after) >= 200 else len(after)
    return sum(counted[word] * number for word, number in said.items() if number <= most and not word.isspace())


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Part]:
    yield from _part("old", old)
    yield from _part("new", new)


def _part(kind: Literal["same", "old", "new"], words: Sequence[str]) -> Iterator[Part]:
    if text := "".join(words):
        yield Part(kind, text)
