"""What a look at an author's picture means: a copy, none, or another try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.decide.conclude import next_attempt
from service.values.page import Failure
from service.values.portrait import Portrait


@dataclass(frozen=True, slots=True)
class Sighting:
    """What becomes of the picture."""

    portrait: Portrait | None = None
    due: datetime | None = None
    """When to try again by ourselves."""


def sighting(attempts: int, found: Portrait | Failure, now: datetime, chance: float) -> Sighting:
    """What was found after ``attempts`` in vain; ``chance``, from 0 to 1, spreads the next one."""
    if isinstance(found, Portrait):
        return Sighting(found)
    passes = found.reason.meaning.passes
    return Sighting(due=next_attempt(attempts, found.retry_after, now, chance) if passes else None)
