"""What a look at a post of ours says of it: that it is there, that it is not, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.decide.conclude import next_attempt
from service.decide.schedule import DRAWS, next_post_look
from service.values.page import Failure, Page, Unchanged

ABSENT = frozenset({"not_found", "gone"})
"""The reasons that say that a post does not exist (Pingback 1.0, fault 32: only when it definitely does not)."""

PRESENT = frozenset({"unsupported_type"})
"""Those that say that something is there, only nothing to read."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What becomes of the post."""

    exists: bool | None
    """``None``: nothing was learnt, and what was known stays."""
    due: datetime | None = None
    """When to look again by ourselves."""
    attempts: int = 0
    """Looks in vain so far, where this one is tried again."""


def sight(
    attempts: int, fetched: Page | Unchanged | Failure, now: datetime, chance: float, drawn: datetime | None = None
) -> Sight:
    """What the look means, the one after ``attempts`` in vain. A server that can't be reached proves nothing. A post
    that drew its newest item (``drawn``) not long ago is looked at again, unless it is not there."""
    if not isinstance(fetched, Failure) or fetched.reason.code in PRESENT:
        return Sight(True, _weekly(drawn, now, chance))
    if fetched.reason.code in ABSENT:
        return Sight(False)
    passes = fetched.reason.meaning.passes
    again = next_attempt(attempts, fetched.retry_after, now, chance) if passes else None
    return Sight(None, again or _weekly(drawn, now, chance), attempts + 1 if again else 0)


def _weekly(drawn: datetime | None, now: datetime, chance: float) -> datetime | None:
    return next_post_look(now, chance) if drawn is not None and now - drawn < DRAWS else None
