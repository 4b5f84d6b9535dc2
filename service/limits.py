"""Who may send how much: by address and in total, which refuses; by the source's domain, which only delays.

Counted in Redis, so that all web processes count together, and in this process's memory while Redis is away: a limit
is never the cause of an error, and asking costs a second at the very most, once.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import redis
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE = 0.25
"""Seconds that Redis may take for one question."""

AWAY = 5.0
"""Seconds for which Redis is left alone after it failed."""

LONGEST_DELAY = 3600.0
"""The longest that one domain's claims wait for their verification."""

Store = RedisStorage | MemoryStorage
Counted = TypeVar("Counted")


class Rate(Protocol):
    """So many in so many seconds."""

    @property
    def amount(self) -> int: ...

    @property
    def seconds(self) -> int: ...


class Limits:
    """The limits of the doors. ``rates`` may name ``address``, ``domain`` and ``total``; what it does not name is free.

    ``address`` and ``total`` hold for every span of their length, wherever it begins (a moving window).
    """

    def __init__(self, redis_url: str, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        pool = redis.ConnectionPool.from_url(
            redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._redis = RedisStorage("redis://", connection_pool=pool, key_prefix="reflections:limit")
        self._memory = MemoryStorage()
        self._away_until = 0.0

    def refuse(self, address: str) -> int | None:
        """Seconds after which this client may try again, or ``None`` where it may go on; this try is counted.

        A client past its own limit does not use up what all have together.
        """
        past = self._past("address", network(address))
        return self._past("total", "") if past is None else past

    def delay(self, domain: str) -> float:
        """Seconds for which the next claim from this registrable domain waits; 0 within the limit.

        Each further ``amount`` of them wait one ``seconds`` longer, up to :data:`LONGEST_DELAY`.
        """
        rate = self._rates.get("domain")
        if rate is None:
            return 0.0
        number = self._counted(lambda store: store.incr(f"domain/{domain}", rate.seconds))
        return min(float((number - 1) // max(rate.amount, 1) * rate.seconds), LONGEST_DELAY)

    def _past(self, name: str, who: str) -> int | None:
        rate = self._rates.get(name)
        if rate is None:
            return None
        item = RateLimitItemPerSecond(rate.amount, rate.seconds, name)

        def hit(store: Store) -> int | None:
            window = MovingWindowRateLimiter(store)
            if window.hit(item, who):
                return None
            return max(1, math.ceil(window.get_window_stats(item, who).reset_time - time.time()))

        return self._counted(hit)

    def _counted(self, count: Callable[[Store], Counted]) -> Counted:
        if time.monotonic() >= self._away_until:
            try:
                return count(self._redis)
            except redis.RedisError:
                self._away_until = time.monotonic() + AWAY
        return count(self._memory)


def network(address: str) -> str:
    """Who counts as one client: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(client, ipaddress.IPv4Address):
        return str(client)
    if client.ipv4_mapped is not None:
        return str(client.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(client) >> 64 << 64, 64)))
