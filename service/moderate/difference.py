"""What changed between the revision that readers see and the one that its source says now, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from service.moderate.item import Version

MOST_WORDS = 4000
"""Words and gaps between the first and the last that differ, of both together: more are not compared one by one."""

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


def _middle(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    if len(before) + len(after) > MOST_WORDS:
        yield from _replaced(before, after)
        return
    # Its junk rule leaves out what stands everywhere in a long text: without it a hostile page takes minutes.
    old, new = list[str](), list[str]()
    for tag, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        gap = "".join(before[i:j]).isspace()
        if tag == "equal" and not gap:
            yield from _replaced(old, new)
            old, new = [], []
            yield from _part("same", before[i:j])
        else:
            old += before[i:j]
            new += after[k:m]
    yield from _replaced(old, new)


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
