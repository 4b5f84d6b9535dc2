"""What was measured, as a table: absolute figures, and beside them the ratios that count.

Absolute figures differ from machine to machine, so a target is a ratio of two rows of one run. Where the rows were
measured by turns, it is the median of the turns' ratios: what disturbs one turn disturbs both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

MINUTES = "min"
"""The unit of seconds that are shown as minutes and seconds."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a row has to reach."""

    value: float
    sign: str
    """``>=`` or ``<=``."""
    bound: float
    unit: str
    """``%`` (of 1), ``x``, ``s``, ``MB``, :data:`MINUTES`, …"""
    against: str = ""
    """What it is compared with."""

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.sign == ">=" else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """``met``, or by how much of the bound it was missed."""
        return "met" if self.met else f"missed by {abs(self.value - self.bound) / self.bound * 100:.0f} %"


def at_least(bound: float, unit: str, value: float, against: str = "") -> Target:
    return Target(value, ">=", bound, unit, against)


def at_most(bound: float, unit: str, value: float, against: str = "") -> Target:
    return Target(value, "<=", bound, unit, against)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured: a figure for each turn, and of its answers the median and the slowest hundredth."""

    name: str
    turns: tuple[float, ...]
    unit: str = "req/s"
    p50: float | None = None
    """Milliseconds."""
    p99: float | None = None
    note: str = ""
    targets: tuple[Target, ...] = ()

    @property
    def figure(self) -> float:
        return median(self.turns)

    def aiming(self, *targets: Target) -> Row:
        """The row with what it has to reach."""
        return replace(self, targets=targets)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of rows, and what must be known of the circumstances."""

    title: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How often theirs goes into ours: turn by turn where both had as many, and the median of that."""
    if len(ours) == len(theirs):
        return median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return median(ours) / median(theirs)


def lines(section: Section) -> Iterator[str]:
    """The section, ready to be printed."""
    cells = [_HEAD, *(cell for row in section.rows for cell in _cells(row))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield section.title
    yield "=" * len(section.title)
    for cell in cells:
        yield "  ".join(
            _aligned(text, width, n) for n, (text, width) in enumerate(zip(cell, widths, strict=True))
        ).rstrip()
    yield from section.remarks


def verdict(sections: Iterable[Section]) -> str:
    """How many of the targets are met, as one line."""
    targets = [target for section in sections for row in section.rows for target in row.targets]
    return f"{sum(target.met for target in targets)} of {len(targets)} targets met"


_HEAD = ("", "", "", "p50 ms", "p99 ms", "", "", "target", "")
_RIGHT = frozenset({1, 3, 4, 5, 7})

Cells = tuple[str, ...]


def _cells(row: Row) -> Iterator[Cells]:
    """The row, and a line more for each further target."""
    first = (row.name, _figure(row.figure, row.unit), row.unit, _milliseconds(row.p50), _milliseconds(row.p99))
    blank = ("",) * len(first)
    if not row.targets:
        yield (*first, "", row.note, "", "")
    for n, target in enumerate(row.targets):
        value = _in_unit(target.value, target.unit)
        bound = f"{target.sign} {_in_unit(target.bound, target.unit)}"
        yield (*(blank if n else first), value, target.against, bound, target.verdict)
    if row.targets and row.note:
        yield (*blank, "", row.note, "", "")


def _aligned(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column in _RIGHT else text.ljust(width)


def _in_unit(value: float, unit: str) -> str:
    return f"{value * 100:.0f} %" if unit == "%" else f"{_figure(value, unit)} {unit}"


def _figure(value: float, unit: str) -> str:
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes}:{seconds:02}" if unit == MINUTES else _number(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else _number(value)
