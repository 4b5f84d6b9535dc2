"""The scheduler's loop: every few seconds it rings the workers if something is due.

It only looks, so that two of them do no harm, and it makes good whatever else did not ring: a web process that was
killed after its commit, a Redis that was away or emptied, a worker that died with its hands full.
"""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event
from typing import Protocol

import redis
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.bell import Bell
from service.model.engine import create
from workers import due

EVERY = 5.0
"""Seconds between two looks."""

log = structlog.get_logger(__name__)


class Places(Protocol):
    """Where database and Redis are (:class:`config.settings.Settings`)."""

    @property
    def database(self) -> str: ...

    @property
    def redis(self) -> str: ...


def run(settings: Places, stop: Event, every: float = EVERY) -> None:
    """Looks and rings until ``stop`` is set; says once when database or Redis go away, and when they are back."""
    engine, bell = create(settings.database), Bell(settings.redis)
    missing = ""
    while not stop.is_set():
        before, missing = missing, _sweep(engine, bell)
        if missing != before:
            log.warning(f"the sweep can't reach {missing}" if missing else f"the sweep reaches {before} again")
        stop.wait(every)
    engine.dispose()


def _sweep(engine: Engine, bell: Bell) -> str:
    """Rings if something is due; what could not be reached."""
    try:
        if due.anything(engine, datetime.now(UTC)):
            bell.ring("verify")
    except SQLAlchemyError:
        return "the database"
    try:
        bell.connection.ping()
    except redis.RedisError:
        return "Redis"
    return ""
