"""Sites on their way to a new address: their posts are called by it some at a time (:mod:`service.model.relocation`).

Each post once, whatever dies: what is done of a move and that it is done are one transaction. Two workers never share
a move: its row is locked for each turn.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from service.bell import PAUSE
from service.model import relocation
from service.model.engine import written
from workers.means import LONGEST_RUN, Means

BETWEEN = 0.02
"""Seconds between two turns, in which others may write."""


class Moving:
    """One run over the moves, until all are done, a minute has passed, or the worker is asked to stop."""

    def __init__(self, means: Means, seconds: float = LONGEST_RUN) -> None:
        self._means = means
        self._end = time.monotonic() + seconds

    def __call__(self) -> int:
        """Takes sites along, the first that began first; how many posts it had in hand."""
        engine, stop, count = self._means.engine, self._means.stop, 0
        while not stop.is_set() and time.monotonic() < self._end:
            number = written(engine, partial(relocation.turn, now=datetime.now(UTC)))
            if number is None:
                break
            count += number
            stop.wait(BETWEEN)
        if relocation.any_working(engine):
            stop.wait(PAUSE)
            self._means.ring()
        return count
