"""Whether two texts say nearly the same, and which of the texts before a new one are like it.

A text is its pairs of neighbouring words, as rules fold them (:mod:`service.decide.words`), its numbers left out of
account; two are alike where they share enough of their pairs. The look into the index takes a time that is linear in
the new text, however many there were before it: who shares most pairs with it shares one of the few that are drawn
from each by a hash.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, pairwise

from service.decide.words import folded

ALIKE = 0.5
"""The share of both texts' pairs that two must have in common (Jaccard's index)."""

HEAD, TAIL = 150, 50
"""Words at the beginning and at the end that are compared; of what stands between, the number of words alone."""

LENGTHS = 0.7
"""The shorter of two texts has at least this share of the longer one's words, where not all of them are compared."""

DRAWN = 12
"""Pairs of a text by which it is found."""

UNDER_A_PAIR = 8
"""Texts that are kept under a pair, the newest."""

TRIED = 6
"""Texts that are compared with a new one, those that share the most of the drawn pairs."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Gist:
    """What is compared of a text."""

    words: int
    pairs: frozenset[str]

    @property
    def drawn(self) -> list[str]:
        """A sample of its pairs that is the same in every process, and in two texts as far as these are alike."""
        return nsmallest(DRAWN, self.pairs, key=lambda pair: (zlib.crc32(pair.encode()), pair))


def gist(text: str) -> Gist:
    """What is compared of this text; a single word stands for a pair, and no word for none."""
    words = _NUMBER.sub("0", folded(text)).split()
    kept = words if len(words) <= HEAD + TAIL else [*words[:HEAD], *words[-TAIL:]]
    return Gist(len(words), frozenset(map(" ".join, pairwise(kept)) if len(kept) > 1 else kept))


def alike(one: Gist, other: Gist) -> bool:
    """Whether both say nearly the same; what says nothing is like nothing."""
    shared = len(one.pairs & other.pairs)
    if not shared or shared < ALIKE * (len(one.pairs) + len(other.pairs) - shared):
        return False
    shorter, longer = sorted((one.words, other.words))
    return longer <= HEAD + TAIL or shorter >= LENGTHS * longer


class Index:
    """Texts by number, found by what they share with a new one."""

    def __init__(self) -> None:
        self._gists: dict[int, Gist] = {}
        self._under: dict[str, list[int]] = defaultdict(list)

    def add(self, number: int, text: Gist) -> None:
        self._gists[number] = text
        for pair in text.drawn:
            self._under[pair] = [*self._under[pair][1 - UNDER_A_PAIR :], number]

    def like(self, text: Gist) -> Iterator[int]:
        """The texts that are like this one, those that share most first, and of these the newest."""
        shared = Counter(chain.from_iterable(self._under.get(pair, ()) for pair in text.drawn))
        likeliest = sorted(shared, key=lambda number: (-shared[number], -number))[:TRIED]
        return (number for number in likeliest if alike(self._gists[number], text))
