"""Bars by day as rectangles, for SVG: a box of :data:`WIDTH` × :data:`HEIGHT` that the page stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.moderate.overview.month import DECISIONS, Day

WIDTH, HEIGHT = 720, 160


@dataclass(frozen=True, slots=True)
class Rect:
    """One bar, or a piece of one; ``of`` is what it is about: ``arrived``, or a state."""

    of: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A day's place."""

    day: Day
    x: float
    width: float
    rects: Sequence[Rect]


@dataclass(frozen=True, slots=True)
class Plot:
    """The days side by side; ``top`` is the number at the upper edge."""

    slots: Sequence[Slot]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def by_day(days: Sequence[Day]) -> Plot:
    """For each day what arrived, and beside it what was decided, one decision on the other."""
    top = nice(max([day.arrived for day in days] + [sum(day.decided.values()) for day in days]))
    width = WIDTH / len(days)
    return Plot([_slot(day, number * width, width, top) for number, day in enumerate(days)], top)


def nice(most: int) -> int:
    """The next round number: one digit and noughts, that has a half worth a line."""
    size = 1
    while True:
        for step in (1, 2, 3, 4, 6, 8):
            if most <= step * size:
                return step * size
        size *= 10


def _slot(day: Day, x: float, width: float, top: int) -> Slot:
    bar, gap = width * 0.36, width * 0.12
    arrived = _rects([("arrived", day.arrived)], x + gap, bar, top)
    decided = _rects([(to, day.decided[to]) for to in DECISIONS], x + gap + bar + width * 0.04, bar, top)
    return Slot(day, round(x, 2), round(width, 2), [*arrived, *decided])


def _rects(numbers: Sequence[tuple[str, int]], x: float, width: float, top: int) -> Iterator[Rect]:
    bottom = float(HEIGHT)
    for of, number in numbers:
        if number:
            height = number * HEIGHT / top
            bottom -= height
            yield Rect(of, round(x, 2), round(bottom, 2), round(width, 2), round(height, 2))
