"""How likely it is that an item is spam, by what people of its site decided before, and what of it weighs most.

An item is its traits: its words and pairs of neighbouring words, whose record its host has, how many links it holds,
whether readers see its link, its language, how it came and what it is to its post. Each trait has a weight, learned
from the site's own decisions (:mod:`workers.learning`); their sum, through the logistic function, is the probability.
Weighing needs no library: weights are two sorted arrays, and a trait is found in them by its hash.
"""

from __future__ import annotations

import math
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from service.decide import words
from service.decide.folds import Standing
from service.decide.precision import Past
from service.decide.subject import Subject
from service.values.state import State

VERSION = 1
"""Of the traits: what was learned of others says nothing about these."""

LOOKED_AT = 300
"""Words of an item that are looked at, from its beginning."""

LINKS = (1, 2, 3, 5, 10, 30, 100)
"""So many links or more: each is a trait."""

BESIDE = 0.3
"""How much a trait counts that is no word; all words together count 1, by their squares."""

MOST = 30_000
"""Weights that are kept of a site, the heaviest: 240 KB."""

GROUNDS = 3
LONGEST_NAMED = 60
"""Characters of a word that is named as a ground."""

AS_SPAM = (0.8, 0.9, 0.95, 0.98, 0.99)
AS_GOOD = (0.2, 0.1, 0.05, 0.02, 0.01)
"""The probabilities from which, and to which, triage may be let decide alone."""

ENOUGH = 20
"""Items of the past that must lie beyond such a probability, so that its precision says anything."""


class Trait(NamedTuple):
    """One thing that is so of an item: what it is about, and for what."""

    about: str
    """``word``, ``record``, ``host``, ``links``, ``hidden``, ``aside``, ``language``, ``kind`` or ``type``."""
    value: str = ""

    @property
    def bucket(self) -> int:
        """By which its weight is found, the same in every process."""
        return zlib.crc32(f"{self.about}:{self.value}".encode())


Traits = Mapping[Trait, float]
"""Each trait of an item with how much it counts."""


class Ground(NamedTuple):
    """A trait, and by how much it moved the balance: towards spam where that is more than 0."""

    about: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """What triage holds of an item."""

    spam: float
    """The probability."""
    grounds: tuple[Ground, ...] = ()
    """What weighed most on the side on which it stands, the heaviest first."""

    @property
    def as_json(self) -> list[list[Any]]:
        return [list(ground) for ground in self.grounds]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the site's owner lets triage decide alone; nothing where both are ``None``."""

    as_spam: float | None = None
    """The probability from which it may put an item among the spam."""
    as_good: float | None = None
    """The probability to which it may approve one."""


@dataclass(frozen=True)
class Model:
    """The weights of one site."""

    bias: float
    buckets: Sequence[int]
    """In rising order."""
    weights: Sequence[float]

    @classmethod
    def of(cls, bias: float, weights: Mapping[int, float]) -> Model:
        """The model with the heaviest of these weights, by bucket."""
        heaviest = sorted(weights, key=lambda bucket: (-abs(weights[bucket]), bucket))[:MOST]
        kept = sorted(bucket for bucket in heaviest if weights[bucket])
        return cls(bias, array("I", kept), array("f", [weights[bucket] for bucket in kept]))

    @classmethod
    def from_bytes(cls, bias: float, body: bytes) -> Model:
        """The model that :attr:`body` was made of."""
        many = len(body) // 8
        return cls(
            bias,
            array("I", struct.unpack_from(f"<{many}I", body)),
            array("f", struct.unpack_from(f"<{many}f", body, 4 * many)),
        )

    @property
    def body(self) -> bytes:
        """Its weights as they are kept: all buckets, then all weights (32 bits each, little-endian)."""
        many = len(self.buckets)
        return struct.pack(f"<{many}I{many}f", *self.buckets, *self.weights)

    def weigh(self, traits: Traits) -> Weighed:
        """The probability that an item with these traits is spam, and why."""
        moved = [Ground(*trait, self._weight(trait.bucket) * counts) for trait, counts in traits.items()]
        spam = logistic(self.bias + math.fsum(ground.weight for ground in moved))
        side = 1 if spam >= 0.5 else -1
        return Weighed(spam, tuple(_heaviest([ground for ground in moved if ground.weight * side > 0])))

    def spam(self, found: Iterable[tuple[int, float]]) -> float:
        """The probability alone, by the buckets of an item's traits and how much each counts."""
        return logistic(self.bias + math.fsum(self._weight(bucket) * counts for bucket, counts in found))

    def _weight(self, bucket: int) -> float:
        place = bisect_left(self.buckets, bucket)
        found = place < len(self.buckets) and self.buckets[place] == bucket
        return self.weights[place] if found else 0.0


def logistic(balance: float) -> float:
    """The probability at this balance of evidence; neither end of the line overflows."""
    if balance < 0:
        return math.exp(max(balance, -700.0)) / (1 + math.exp(max(balance, -700.0)))
    return 1 / (1 + math.exp(-balance))


def traits(item: Subject, standing: Standing | None) -> Traits:
    """The traits of an item; ``standing`` is what was decided so far of its host, where it has one."""
    said = dict.fromkeys(_words(item))
    counts = 1 / math.sqrt(len(said)) if said else 0.0
    return dict.fromkeys(said, counts) | dict.fromkeys(_beside(item, standing), BESIDE)


def decides(weighed: Weighed, wishes: Wishes, past: Mapping[State, Mapping[float, Past]], hidden: bool) -> State | None:
    """Where triage puts an item alone; ``None`` where a person is asked: it is not sure enough, the owner did not wish
    it, too little of the past was so sure, or it would approve a link that no reader sees."""
    spam, good = wishes.as_spam, wishes.as_good
    if spam is not None and weighed.spam >= spam and _tried(past, State.SPAM, spam):
        return State.SPAM
    if good is not None and weighed.spam <= good and _tried(past, State.APPROVED, good) and not hidden:
        return State.APPROVED
    return None


def _tried(past: Mapping[State, Mapping[float, Past]], to: State, at: float) -> bool:
    seen = past.get(to, {}).get(at)
    return seen is not None and seen.of >= ENOUGH


def _words(item: Subject) -> Iterator[Trait]:
    left = LOOKED_AT
    for text in item.texts:
        found = words.folded(text).split()[:left]
        left -= len(found)
        yield from (Trait("word", word) for word in found)
        yield from (Trait("word", " ".join(pair)) for pair in pairwise(found))
        if not left:
            return


_BESIDE: Mapping[str, Callable[[Subject], bool]] = MappingProxyType({
    "hidden": lambda item: item.hidden,
    "aside": lambda item: item.by_others,
})  # fmt: skip


def _beside(item: Subject, standing: Standing | None) -> Iterator[Trait]:
    yield Trait("kind", item.kind)
    yield Trait("type", item.type)
    if standing is not None:
        yield Trait("record", standing)
    yield from (Trait("host", domain) for domain, _ in item.places)
    yield from (Trait("links", str(least)) for least in LINKS if item.links >= least)
    yield from (Trait(about) for about, shows in _BESIDE.items() if shows(item))
    if item.language:
        yield Trait("language", item.language.lower().replace("_", "-").partition("-")[0])


def _heaviest(grounds: Sequence[Ground]) -> Iterator[Ground]:
    """The heaviest; a word is not named beside a pair that it is part of, nor a number of links beside another."""
    said = set[tuple[str, str]]()
    left = GROUNDS
    for ground in sorted(grounds, key=lambda ground: (-abs(ground.weight), ground.about, ground.value)):
        parts = ground.value.split() if ground.about == "word" else [""] if ground.about == "links" else [ground.value]
        names = {(ground.about, part) for part in parts}
        if left and not names & said:
            said |= names
            left -= 1
            yield ground._replace(value=ground.value[:LONGEST_NAMED], weight=round(ground.weight, 3))
