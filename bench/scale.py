"""How long a run of the bench takes: long enough to trust, or just long enough to see that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    turns: int
    """How often what is compared takes its turn."""
    seconds: float
    """Of load in each turn."""
    cold: int
    """Threads that are read for the first time."""
    pages: int
    """Pages without the link; a fifth as many with it."""
    jobs: int
    """Pages that RQ's default worker reads, a job each."""
    slow: int
    honest: int
    """Hosts that take 10 s, and hosts that do not."""
    mentions: int
    """Of a steady stream, 200 a second; 0: none."""
    items: int
    """Behind the dashboard whose pages are measured."""
    waiting: int
    """Items that somebody decides."""


WHOLE = Scale(
    5, 4, cold=1000, pages=4000, jobs=50, slow=1000, honest=100, mentions=12_000, items=1_000_000, waiting=200
)
QUICK = Scale(1, 1, cold=100, pages=300, jobs=5, slow=20, honest=10, mentions=0, items=20_000, waiting=20)
