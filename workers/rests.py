"""Who is at rest for a while."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

ON_THE_WAY = 10.0
"""How many times longer what a redirect leads to a busy host is left alone: its own host is asked again each time."""

K = TypeVar("K")


class Rests(Generic[K]):
    """Who is at rest, and until when: nothing of theirs is claimed."""

    def __init__(self) -> None:
        self._until: dict[K, float] = {}

    def add(self, who: K, seconds: float) -> None:
        self._until[who] = time.monotonic() + seconds

    def now(self) -> list[K]:
        """Those who still are."""
        now = time.monotonic()
        self._until = {who: until for who, until in self._until.items() if until > now}
        return list(self._until)
