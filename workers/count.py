"""Counts the days of the overview, so that it reads a few rows: each day that may still change, and each once more
when it is over.

A day is read outside the transaction that writes it, so that nobody's write waits for it. Twice, or at once on two
machines, it leaves the same numbers, some seconds older at the most.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.model import daily
from service.model.engine import written

LONGEST_RUN = 20.0
"""Seconds after which the rest is left to the next run."""


def count_days(engine: Engine, stop: Event) -> int:
    """Counts what is to be counted; how many days."""
    begun, done = time.monotonic(), 0
    with Session(engine) as session:
        days = daily.due(session, _now())
    for day in days:
        if stop.is_set() or time.monotonic() - begun > LONGEST_RUN:
            break
        now = _now()
        with Session(engine) as session:
            numbers = daily.count(session, day)
        written(engine, partial(daily.keep, day=day, numbers=numbers, now=now))
        done += 1
    if done:
        written(engine, lambda session: daily.forget(session, _now()))
    return done


def any_due(engine: Engine, now: datetime) -> bool:
    """Whether there is a day to count."""
    with Session(engine) as session:
        return bool(daily.due(session, now))


def _now() -> datetime:
    return datetime.now(UTC)
