"""Triage: how well it tells spam from what is none on labelled comments, after how many decisions, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench import labelled
from bench.scale import Scale
from bench.table import Row, Section
from service.decide.precision import Past
from service.decide.triage import Model
from service.values.state import State
from workers.learning import fit
from workers.learning.lessons import Lesson

AT = 0.9
"""The probability from which it is taken to decide alone."""

FEW = (5, 10, 30, 100)
"""Decisions of either kind of a site that has just begun."""

DRAWN = 1000
"""Samples, drawn again from what was foretold, by which the interval of an area is estimated."""

Split = Callable[[str], tuple[Sequence[Lesson], Sequence[Lesson]]]
SPLITS: Mapping[str, Split] = {
    "its own past (70 %), then its rest": labelled.own_past,
    "three others, then a new one": labelled.other_sites,
}


def measure(_scale: Scale, _folder: Path) -> Section:
    """Every row of triage: for both splits each file, and what few decisions teach."""
    rows = list[Row]()
    for name, split in SPLITS.items():
        parts = {video: split(video) for video in labelled.lessons()}
        rows += [_file(f"{name}: {video}", *part) for video, part in parts.items()]
        rows += [_after(name, number, list(parts.values())) for number in FEW]
    remarks = [
        f"area under the ROC curve, in brackets with 95 % confidence ({DRAWN} bootstrap samples); "
        f"precision (Wilson's interval) and recall where it holds {AT * 100:.0f} % or more for spam;",
        "YouTube Spam Collection (Alberto, Lochter, Almeida, 2015; CC BY 4.0), four videos: comments without hosts",
    ]
    return Section("Triage", rows, remarks)


def _file(name: str, taught: Sequence[Lesson], asked: Sequence[Lesson]) -> Row:
    began = time.perf_counter()
    model = fit.fit(taught)
    learned = time.perf_counter() - began
    began = time.perf_counter()
    spam = _weighed(model, asked)
    each = (time.perf_counter() - began) / len(asked)
    area, low, high = _area(spam, asked)
    note = (
        f"[{low:.3f}, {high:.3f}] {_at(spam, asked)}; "
        f"learned from {len(taught)} in {learned * 1000:.0f} ms, weighs one in {each * 1e6:.0f} µs"
    )
    return Row(name, (area,), "AUC", note=note)


def _after(name: str, number: int, parts: Sequence[tuple[Sequence[Lesson], Sequence[Lesson]]]) -> Row:
    """The median over the files, after the first decisions of which so many were spam and so many were not."""
    known = [(_first(number, taught), asked) for taught, asked in parts if fit.fewest(taught) >= number]
    areas = [float(_wins(_weighed(fit.fit(taught), asked), asked).mean()) for taught, asked in known]
    decisions = median(len(taught) for taught, _ in known)
    note = f"from {min(areas):.3f} to {max(areas):.3f} over {len(areas)} files; {decisions:.0f} decisions"
    return Row(f"{name}: after {number} of either kind", (median(areas),), "AUC", note=note)


def _first(number: int, lessons: Sequence[Lesson]) -> Sequence[Lesson]:
    return next(lessons[:end] for end in range(len(lessons) + 1) if fit.fewest(lessons[:end]) >= number)


def _weighed(model: Model, asked: Sequence[Lesson]) -> Sequence[float]:
    return [model.spam(lesson.counted) for lesson in asked]


def _at(spam: Sequence[float], asked: Sequence[Lesson]) -> str:
    beyond = [lesson.decided is State.SPAM for held, lesson in zip(spam, asked, strict=True) if held >= AT]
    past, every = Past(len(beyond), sum(beyond)), sum(lesson.decided is State.SPAM for lesson in asked)
    low, high = past.between
    return (
        f"precision {past.share * 100:.1f} % [{low * 100:.1f}, {high * 100:.1f}] of {past.of}, "
        f"recall {past.right / every * 100:.0f} %"
    )


def _area(spam: Sequence[float], asked: Sequence[Lesson]) -> tuple[float, float, float]:
    """The area, and between what it may lie."""
    wins = _wins(spam, asked)
    chance, (good, bad) = np.random.default_rng(0), wins.shape
    draws = ((_drawn(chance, good), _drawn(chance, bad)) for _ in range(DRAWN))
    low, high = np.quantile([one @ wins @ other for one, other in draws], (0.025, 0.975))
    return float(wins.mean()), float(low), float(high)


def _wins(spam: Sequence[float], asked: Sequence[Lesson]) -> Any:
    """For each that is spam and each that is not, whether the first is held for the likelier (Mann and Whitney)."""
    held, truth = np.array(spam), np.array([lesson.decided is State.SPAM for lesson in asked])
    ahead = held[truth][:, None] - held[~truth][None, :]
    return (ahead > 0) + 0.5 * (ahead == 0)


def _drawn(chance: np.random.Generator, number: int) -> Any:
    """How often each of so many is drawn, of 1."""
    return np.bincount(chance.integers(number, size=number), minlength=number) / number
