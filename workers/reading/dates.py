"""Dates as sources write them → what we keep: RFC 3339 with the source's own offset, or a date alone.

There is no clock here: a date that lies ahead of its receipt is for those to judge who have one.
"""

from __future__ import annotations

import re
from datetime import date

EARLIEST, LATEST = 1990, 2100
"""Years between which a page of the web may say that it was published."""

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?!\d)", re.ASCII)
_TIME = re.compile(
    r"[T ]\s*(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$", re.IGNORECASE | re.ASCII
)


def moment(words: str) -> str | None:
    """``2011-10-14T09:30:00+02:00``; without offset where the source gave none; ``2011-10-14`` where its time makes
    no sense or there is none; ``None`` where it is no date, or none of our days. A leap second is the one before."""
    words = words.strip()[:64]
    found = _DATE.match(words)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    if not EARLIEST <= day.year <= LATEST:
        return None
    return day.isoformat() + _time(words[found.end() :])


def _time(words: str) -> str:
    found = _TIME.match(words)
    if found is None:
        return ""
    hour, minute, second, offset = int(found[1]), int(found[2]), int(found[3] or 0), (found[4] or "").upper()
    if hour > 23 or minute > 59 or second > 60:
        return ""
    if offset not in ("", "Z"):
        digits = offset[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 14 or int(digits[2:]) > 59:
            return ""
        offset = f"{offset[0]}{digits[:2]}:{digits[2:]}"
    return f"T{hour:02}:{minute:02}:{min(second, 59):02}{offset}"
