"""What waits where deciding is measured: queues of the labelled comments (tests/data/comment-spam), half of them spam
by label, or about half where they are as they came."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, pairwise
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench import labelled
from service.decide.likeness import Gist, alike, gist
from service.model import Reflection
from service.values.state import Kind, State
from tests.support.desk import Came, Desk
from workers.learning import fit

T = TypeVar("T")

COPIES = 5
TOGETHER = 0.6
"""Of a wave: so many of its items come in fives that say the same, the others stand alone."""

SEED = 5
"""By which is mixed what has no order of its own: the same in every run."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that waits, and what whoever labelled it would decide."""

    text: str
    label: State
    spam: float | None = None
    """Triage's probability, where it has learned."""


def unlike(number: int) -> list[Waiting]:
    """Comments of all files of which no two are alike, so mixed that neighbours differ in their label as often as is to
    be expected of chance: every other time."""
    some = _halves(number)
    return next(mixed for mixed in (_mixed(some, seed) for seed in count(SEED)) if _changes(mixed) == number // 2)


def wave(number: int) -> list[Waiting]:
    """As many, of which :data:`TOGETHER` come in fives, mixed; half of the fives are spam, and half of the others."""
    fives = int(number * TOGETHER) // COPIES
    some = _halves(number - fives * (COPIES - 1))
    return _mixed(some[:fives] * COPIES + some[fives:])


def real(number: int, name: str) -> list[Waiting]:
    """Those in the middle of one file, the newest first."""
    said = [
        Waiting(text, one.decided) for text, one in zip(labelled.texts(name), labelled.lessons()[name], strict=True)
    ]
    return _middle(said, number)


def weighed(number: int, name: str) -> list[Waiting]:
    """The same, as triage weighs them that has learned from the other files."""
    model = fit.fit(labelled.other_sites(name)[0])
    spam = [model.spam(lesson.counted) for lesson in labelled.lessons()[name]]
    return [replace(one, spam=held) for one, held in zip(real(number, name), _middle(spam, number), strict=True)]


def fill(desk: Desk, waiting: Sequence[Waiting]) -> Mapping[str, State]:
    """Has them come in, so that the first is the newest; what each is to become, by its id."""
    last_first = [(desk.came(_came(number, one)).uid, one.label) for number, one in reversed(list(enumerate(waiting)))]
    return dict(last_first)


def wrong(desk: Desk, labels: Mapping[str, State]) -> int:
    """How many stand in the database otherwise than they are labelled."""
    with Session(desk.engine) as session:
        found = session.execute(select(Reflection.uid, Reflection.state).where(Reflection.uid.in_(labels)))
        return sum(state is not labels[uid] for uid, state in found)


def _came(number: int, one: Waiting) -> Came:
    return Came(
        kind=Kind.COMMENT,
        name=f"Reader {number}",
        source=f"comment:{number}",
        text=one.text,
        spam=one.spam,
        age=timedelta(minutes=number + 1),
    )


def _halves(number: int) -> list[Waiting]:
    """So many of which no two are alike, by turns spam and not."""
    said = {one.text: one for name in labelled.lessons() for one in real(len(labelled.texts(name)), name)}
    found: list[Gist] = []
    kept: dict[State, list[Waiting]] = {State.SPAM: [], State.APPROVED: []}
    for one in _mixed(said.values()):
        mine, like = kept[one.label], gist(one.text)
        if len(mine) < -(-number // 2) and like.words and not any(alike(like, other) for other in found):
            found.append(like)
            mine.append(one)
    return [one for pair in zip(*kept.values(), strict=True) for one in pair][:number]


def _middle(every: Sequence[T], number: int) -> list[T]:
    begin = (len(every) - number) // 2
    return list(every[begin : begin + number][::-1])


def _mixed(some: Iterable[Waiting], seed: int = SEED) -> list[Waiting]:
    mixed = list(some)
    random.Random(seed).shuffle(mixed)
    return mixed


def _changes(some: Iterable[Waiting]) -> int:
    return sum(one.label is not other.label for one, other in pairwise(some))
