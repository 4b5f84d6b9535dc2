"""How often somebody was right in the past, and between what that leaves the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.96
"""Standard deviations on either side: an interval that holds the truth 95 times of 100."""


@dataclass(frozen=True, slots=True)
class Past:
    """So many cases, of which so many were right."""

    of: int = 0
    right: int = 0

    @property
    def share(self) -> float:
        """How many of them were right, of 1."""
        return self.right / self.of if self.of else 0.0

    @property
    def between(self) -> tuple[float, float]:
        """The share that it may really be, from and to, with 95 % confidence (Wilson, 1927): of few cases little is
        known, also where all of them were right."""
        if not self.of:
            return 0.0, 1.0
        squared = Z * Z / self.of
        middle = (self.share + squared / 2) / (1 + squared)
        half = Z * math.sqrt(self.share * (1 - self.share) / self.of + squared / (4 * self.of)) / (1 + squared)
        return max(0.0, middle - half), min(1.0, middle + half)
