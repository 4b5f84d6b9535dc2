"""When somebody is told of what waits: as often as he likes, and never so often that it is a plague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

MORNING = 6
"""The hour (UTC) of the daily mail."""

GAP: Mapping[str, timedelta] = MappingProxyType({
    "immediately": timedelta(minutes=10),
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
})  # fmt: skip
"""The least time between two mails: a wave is one mail, and what comes after it another."""

LOOK = timedelta(seconds=30)
"""How often it is looked whether something is new, for who wants to know at once."""

FIRST_TRY, LAST_TRY = timedelta(minutes=1), timedelta(hours=6)
"""How long a mail that the server did not take is left alone, the first time and at the most."""


class Often(StrEnum):
    """How often somebody is told."""

    IMMEDIATELY = "immediately"
    HOURLY = "hourly"
    DAILY = "daily"
    NEVER = "never"


def next_turn(often: str, now: datetime, sent: bool) -> datetime | None:
    """When to look again whether something is new; ``sent`` says that a mail went out now."""
    if often == Often.IMMEDIATELY:
        return now + (GAP[often] if sent else LOOK)
    if often == Often.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + GAP[often]
    if often == Often.DAILY:
        morning = now.replace(hour=MORNING, minute=0, second=0, microsecond=0)
        return morning if morning > now else morning + GAP[often]
    return None


def next_try(attempts: int, now: datetime) -> datetime:
    """When a mail is tried again that was not taken so often in a row."""
    return now + min(FIRST_TRY * (1 << min(attempts, 10)), LAST_TRY)
