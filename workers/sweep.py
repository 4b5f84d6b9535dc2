"""The scheduler's loop: every few seconds it rings the workers if something is due, and every hour it tidies, and
looks where there is something new to learn.

It only looks, so that two of them do no harm, and it makes good whatever else did not ring: a web process that was
killed after its commit, a Redis that was away or emptied, a worker that died with its hands full.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

import redis
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.bell import Bell
from service.model import batch, picture, relocation
from service.model.engine import create
from workers import count, due, learn
from workers.notify import mail
from workers.tidy import tidy

EVERY = 5.0
"""Seconds between two looks."""

TIDIED_EVERY = 3600.0
"""Seconds between two times that it clears away what nobody needs any more."""

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
    missing, tidied = "", time.monotonic() - TIDIED_EVERY
    while not stop.is_set():
        before, missing = missing, _sweep(engine, bell)
        if not missing and time.monotonic() - tidied >= TIDIED_EVERY:
            tidied = time.monotonic()
            _tidy(engine)
        if missing != before:
            log.warning(f"the sweep can't reach {missing}" if missing else f"the sweep reaches {before} again")
        stop.wait(every)
    engine.dispose()


def _tidy(engine: Engine) -> None:
    try:
        tidy(engine, datetime.now(UTC))
        learn.mark(engine, datetime.now(UTC))
    except SQLAlchemyError as error:
        log.warning("nothing is tidied now", error=type(error).__name__)


def _sweep(engine: Engine, bell: Bell) -> str:
    """Rings if something is due; what could not be reached."""
    try:
        now = datetime.now(UTC)
        if due.anything(engine, now):
            bell.ring("verify")
        if due.any_picture(engine, now) or picture.any_unused(engine, now) or learn.any_due(engine):
            bell.ring("errands")
        if mail.any_due(engine, now) or count.any_due(engine, now):
            bell.ring("errands")
        if batch.any_working(engine) or relocation.any_working(engine):
            bell.ring("errands")
    except SQLAlchemyError:
        return "the database"
    try:
        bell.connection.ping()
    except redis.RedisError:
        return "Redis"
    return ""
