"""Threads that wait for the slow world, so that the run itself never does.

They are daemons: a page that drips for its ten seconds holds up nobody who is asked to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Hands:
    """Up to ``count`` threads, each started when it is first needed and kept. For one thread at a time to give to."""

    def __init__(self, count: int, name: str) -> None:
        self.count = count
        self._name = name
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0

    def give(self, work: Callable[[], None]) -> None:
        """Lets one of them do this, which raises nothing; it waits in line where all are busy."""
        self._work.put(work)
        if not self._idle.acquire(blocking=False) and self._started < self.count:
            self._started += 1
            threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()
