"""When to look next at what nobody asked about: what is up, and our own posts while they draw items.

A look is late rather than early: what is spread is spread to later, so that a look is never made twice for one step.
"""

from __future__ import annotations

from datetime import datetime, timedelta

STEPS = (timedelta(days=1), timedelta(weeks=1), timedelta(days=30))
"""The age at which what was approved is looked at again by itself, before it is spread."""

THEN = timedelta(days=91)
"""How often after that, without an end."""

SPREAD = 0.1
"""By how much of the span since the step before a look may be later."""

WEEKLY = timedelta(weeks=1)
"""How often a post of ours is looked at, while it draws items."""

DRAWS = timedelta(days=30)
"""How long ago an item may have come for its post to be one that draws them."""

LONGEST_REST = THEN * (1 + SPREAD) + timedelta(hours=1)
"""A little more than the longest legal span until an item is looked at again by itself."""

LONGEST_POST_REST = WEEKLY * (1 + SPREAD) + timedelta(hours=1)
"""The same for a post."""


def next_look(approved: datetime, now: datetime, chance: float) -> datetime:
    """When an item that was approved then is looked at next: the first step that is still ahead. ``chance``, from 0
    to 1, spreads it."""
    approved = min(approved, now)  # by a clock that was ahead
    age, before = now - approved, timedelta()
    for step in STEPS:
        if step > age:
            return approved + step + (step - before) * SPREAD * chance
        before = step
    steps = (age - before) // THEN + 1
    return approved + before + THEN * steps + THEN * SPREAD * chance


def next_post_look(now: datetime, chance: float) -> datetime:
    """When a post that draws items is looked at next."""
    return now + WEEKLY * (1 + SPREAD * chance)
