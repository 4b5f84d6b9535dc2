"""``reflections worker``: works off one queue, until it is told to stop."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from pathlib import Path
from threading import Event
from types import FrameType

import click
import redis
import structlog
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from config.settings import load
from service.cli import log
from service.cli.place import data_option, environ_of
from service.cli.schema import check_schema
from service.cli.told import Handler, handler_that_sets, listen

LONGEST_WAIT = 2
"""Seconds between two tries to reach Redis, at most."""

_M_ARENA_MAX = -8  # of malloc.h

logger = structlog.get_logger()


class Worker(SimpleWorker):
    """RQ's worker in one process: only its reading child crashes.

    Told to stop while it works, it passes that on to the job and ends after it; else it ends at once. It takes no
    commands through Redis: who reaches Redis can't stop it or kill what it does.
    """

    exponential_backoff_factor = 1.5
    max_connection_wait_time = LONGEST_WAIT

    def __init__(self, queue: str, connection: redis.Redis, told: Handler) -> None:
        super().__init__([queue], connection=connection, serializer=JSONSerializer)
        self._told = told

    def subscribe(self) -> None:
        """Listen to nobody."""

    def unsubscribe(self) -> None:
        """There is nothing to leave."""

    def _install_signal_handlers(self) -> None:
        listen(self.request_stop)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End after the job, or now if there is none; a second signal changes nothing."""
        first, self._stop_requested = not self._stop_requested, True
        self._told(signum, frame)
        if first and self._state != WorkerStatus.BUSY:
            raise StopRequested


class OnceWhileAway(logging.Filter):
    """Lets one line through that says that Redis is away, then none until it was back for a while."""

    def __init__(self) -> None:
        super().__init__()
        self._last = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is worth a line."""
        if "could not connect to Redis" not in str(record.msg):
            return True
        quiet, self._last = record.created - self._last > 5 * LONGEST_WAIT, record.created
        return quiet


@click.command("worker")
@click.argument("queue", type=click.Choice(["verify", "errands"]))
@click.option("--burst", is_flag=True, help="End when the queue is empty.")
@data_option
def command(queue: str, burst: bool, data: Path | None) -> None:
    """Work off the queue VERIFY (look at what strangers claim) or ERRANDS (all that may take its time)."""
    log.begin()
    os.environ.update(environ_of(data))  # the jobs read their settings there
    settings = load()
    check_schema(settings)
    from workers import jobs

    few_arenas()
    logging.getLogger("rq.worker").addFilter(OnceWhileAway())
    work(queue, settings.redis, jobs.stop, burst)


def few_arenas() -> None:
    """Has glibc keep memory in two pools and not in one for each of many threads, where what large pages leave unused
    adds up to more than the pages."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def work(queue: str, redis_url: str, stop: Event, burst: bool) -> None:
    """Work until ``stop`` is set (or, in a burst, until nothing is left); where Redis is away, wait for it."""
    told = handler_that_sets(stop)
    away = False
    while not stop.is_set():
        listen(told)
        try:
            worker = Worker(queue, redis.Redis.from_url(redis_url), told)
            worker.work(burst=burst, logging_level=None)
            away = False
        except redis.RedisError as failed:
            if not away:
                logger.warning("Redis is away; this worker waits for it", queue=queue, error=failed)
            away = True
        if burst:
            return
        stop.wait(LONGEST_WAIT if away else 0.1)
