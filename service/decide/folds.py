"""Which of the items that wait belong together, so that a person decides them at once.

Two items of a fold would likely be decided alike: they are of one site, and ask the same question; neither hides its
link from readers where the other shows it, nor comes from a host of better or worse record, nor is spam by triage where
the other is not. What holds them together is then, in this order,

========  =====================================================================================================
text      each says the same as the fold's first, or nearly: not as one that is like another that is like it
place     one host's and one author's; or the likes, reposts and the like without words that come through a host
verdict   triage is as good as sure that they are spam, or that they are not
========  =====================================================================================================

A fold stands where its first item stood, its items follow in their order, and each item is in one fold. What it holds
is all shown, so there are as many as can be looked over: of those that say the same more than of others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.decide.likeness import Index, gist

SAME, UNLIKE = 50, 6
"""Items of a fold whose items say the same, and of another."""

SURELY_SPAM, SURELY_NOT = 0.9, 0.1
"""The probabilities from which triage counts as sure."""


class Bond(StrEnum):
    """What holds a fold together."""

    TEXT = "text"
    PLACE = "place"
    VERDICT = "verdict"


class Standing(StrEnum):
    """What was decided so far of the host that an item comes from."""

    NEW = "new"
    GOOD = "good"
    BAD = "bad"
    MIXED = "mixed"

    @classmethod
    def of(cls, approved: int, turned_away: int) -> Standing:
        if approved:
            return cls.MIXED if turned_away else cls.GOOD
        return cls.BAD if turned_away else cls.NEW


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is looked at of an item that waits."""

    site: int
    text: str = ""
    """What it says; empty where it has no words of its own."""
    place: Hashable = None
    """Whose place it comes from; ``None`` where nothing of that was verified."""
    wordless: bool = False
    asks: Hashable = None
    """The question that it puts: what its buttons are."""
    hidden: bool = False
    standing: Standing = Standing.NEW
    spam: float | None = None
    """Triage's probability."""

    @property
    def sure(self) -> bool | None:
        """Whether triage is as good as sure that it is spam, that it is not, or neither."""
        if self.spam is None or SURELY_NOT < self.spam < SURELY_SPAM:
            return None
        return self.spam >= SURELY_SPAM

    @property
    def question(self) -> Hashable:
        """What is the same of all items of a fold."""
        return self.site, self.asks, self.hidden, self.standing

    def agrees(self, other: Leaf) -> bool:
        """Whether both would likely be decided alike."""
        return self.question == other.question and (None in (self.sure, other.sure) or self.sure == other.sure)


@dataclass(frozen=True, slots=True)
class Fold:
    """Items that belong together, as places in the list; or one that stands alone."""

    places: tuple[int, ...]
    bond: Bond | None = None


def folds(leaves: Sequence[Leaf]) -> list[Fold]:
    """The list folded up: every place in it once, folds in the order of their first ones."""
    found = _by_text(leaves)
    for bond, key in _KEYS.items():
        alone = [fold.places[0] for fold in found if fold.bond is None]
        found = [fold for fold in found if fold.bond is not None] + _by_key(leaves, alone, bond, key)
    return sorted(found, key=lambda fold: fold.places[0])


def _by_text(leaves: Sequence[Leaf]) -> list[Fold]:
    together: dict[int, list[int]] = {}
    index = Index()
    for place, leaf in enumerate(leaves):
        said = gist(leaf.text)
        like = (first for first in index.like(said) if len(together[first]) < SAME and leaves[first].agrees(leaf))
        first = next(like, None)
        if first is None:
            together[place] = [place]
            index.add(place, said)
        else:
            together[first].append(place)
    return _as_folds(together.values(), Bond.TEXT)


def _by_key(
    leaves: Sequence[Leaf], places: Iterable[int], bond: Bond, key: Callable[[Leaf], Hashable | None]
) -> list[Fold]:
    together: list[list[int]] = []
    open_: dict[Hashable, list[int]] = {}
    for place in places:
        leaf = leaves[place]
        named = key(leaf)
        fold = open_.get(named)
        if fold is not None and len(fold) < (SAME if leaf.wordless else UNLIKE):
            fold.append(place)
            continue
        together.append([place])
        if named is not None:
            open_[named] = together[-1]
    return _as_folds(together, bond)


def _of_place(leaf: Leaf) -> Hashable | None:
    return None if leaf.place is None else (leaf.question, leaf.sure, leaf.place, leaf.wordless)


def _of_verdict(leaf: Leaf) -> Hashable | None:
    return None if leaf.sure is None else (leaf.question, leaf.sure, leaf.wordless)


_KEYS: dict[Bond, Callable[[Leaf], Hashable | None]] = {Bond.PLACE: _of_place, Bond.VERDICT: _of_verdict}


def _as_folds(together: Iterable[Sequence[int]], bond: Bond) -> list[Fold]:
    return [Fold(tuple(places), bond if len(places) > 1 else None) for places in together]
