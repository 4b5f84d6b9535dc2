"""The labelled comments, as the decisions of a site on which they were written (tests/data/comment-spam)."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from service.decide.subject import comment
from service.decide.triage import traits
from service.values import clean
from service.values.state import State
from workers.learning.lessons import Lesson

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "comment-spam"

PAST = 0.7
"""The share of a file, from its beginning, that is learned where its rest is foretold (as in the paper)."""


@functools.cache
def lessons() -> Mapping[str, Sequence[Lesson]]:
    """By video, each in the order of time."""
    return {path.stem: [_lesson(row) for row in _rows(path)] for path in sorted(FOLDER.glob("*.csv"))}


@functools.cache
def texts(name: str) -> Sequence[str]:
    """What the comments of a video say, in the order of its lessons."""
    return [clean.text(row["content"]) for row in _rows(FOLDER / f"{name}.csv")]


def own_past(name: str) -> tuple[Sequence[Lesson], Sequence[Lesson]]:
    """The first decisions about a video, and those that came later."""
    every = lessons()[name]
    border = int(len(every) * PAST)
    return every[:border], every[border:]


def other_sites(name: str) -> tuple[Sequence[Lesson], Sequence[Lesson]]:
    """The decisions about the other videos, by turns, and those about this one."""
    every = lessons()
    others = zip_longest(*(said for other, said in every.items() if other != name))
    return [lesson for lesson in chain.from_iterable(others) if lesson is not None], every[name]


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _lesson(row: Mapping[str, str]) -> Lesson:
    written = clean.markdown(row["content"])
    said = traits(comment(None, (clean.text(row["content"]),), written.markup), None)
    return Lesson.of(said, State.SPAM if row["spam"] == "1" else State.APPROVED)
