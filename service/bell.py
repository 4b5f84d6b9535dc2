"""Wakes the workers by name, after the commit. Nothing hangs on it: the row is the queue, and a sweep rings too.

At most one job in half a second for each name, never one for each item, and none at all while Redis is away.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

import redis
from rq import Queue
from rq.serializers import JSONSerializer

JOBS: Mapping[str, str] = MappingProxyType({"verify": "workers.jobs.verify_due", "errands": "workers.jobs.run_errands"})
"""Queue → the function that works it off. The names are all that the web side knows of the workers."""

PAUSE = 0.5
"""Seconds in which a second ring is not heard."""

PATIENCE = 1.0
"""Seconds that Redis may take; then it counts as away for as long again."""


class Bell:
    """Rings the workers through Redis; never raises."""

    def __init__(self, redis_url: str) -> None:
        self.connection = redis.Redis.from_url(redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._silent_until = 0.0
        self._heard_until: dict[str, float] = {}

    def ring(self, name: str) -> None:
        """Wakes a worker on the queue ``name``."""
        now = time.monotonic()
        if now < self._silent_until or now < self._heard_until.get(name, 0.0):
            return
        try:
            if self.connection.set(f"reflections:bell:{name}", 1, nx=True, px=int(PAUSE * 1000)):
                self._heard_until[name] = now + PAUSE
                # Jobs end by themselves, and are not to be torn out of what they do.
                self._queue(name).enqueue(JOBS[name], job_timeout=-1, ttl=60, result_ttl=0, failure_ttl=0)
        except redis.RedisError:
            self._silent_until = time.monotonic() + PATIENCE

    def _queue(self, name: str) -> Queue:
        return Queue(name, connection=self.connection, serializer=JSONSerializer)
