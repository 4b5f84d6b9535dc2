"""Guessing: how many wrong passwords an address and an account may see, and what that never does to their owner.

Only failures count. Past an account's limit, an address from which this person signed in within the last month is
still heard (as long as its own limit lasts), so strangers who guess can't lock the owner out; whoever is at a new
address waits at most an hour, or sets a new password on the server (``reflections moderator password``).
Counted in Redis; in this process while Redis is away.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import redis
from limits.storage import MemoryStorage, RedisStorage, Storage
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.limits import AWAY, PATIENCE, network

FAMILIAR = 30 * 24 * 3600
"""Seconds that an address stays familiar after a sign-in."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Bound:
    """So many failures in so many seconds."""

    failures: int
    seconds: int


ADDRESS = Bound(10, 600)
ACCOUNT = Bound(30, 3600)
CHALLENGES = Bound(60, 600)


class Guessing:
    """Counts guesses. Every guess counts before it is looked at, so that many at once find no gap."""

    def __init__(self, redis_url: str) -> None:
        self._here: Storage = MemoryStorage()
        pool = redis.ConnectionPool.from_url(
            redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._redis: Storage = RedisStorage("redis://", connection_pool=pool, key_prefix="reflections:guess")
        self._away_until = 0.0

    def take(self, name: str | None, address: str) -> int:
        """Counts one guess at ``name`` from ``address``; the seconds to wait where it can't be heard, else 0.

        A passkey or an invitation says no name (``None``): nobody guesses it, but trying costs us something.
        """
        wait = self._count(_address_key(address), ADDRESS)
        if name is not None and not wait and not self._ask(lambda counts: counts.get(_familiar_key(name, address))):
            wait = self._count(_account_key(name), ACCOUNT)
        return wait

    def right(self, name: str | None, address: str) -> None:
        """The guess was right: it is given back, and the address is familiar for this name from here on."""
        self._ask(lambda counts: counts.incr(_address_key(address), ADDRESS.seconds, -1))
        if name is None:
            return
        if not self._ask(lambda counts: counts.get(_familiar_key(name, address))):
            self._ask(lambda counts: counts.incr(_account_key(name), ACCOUNT.seconds, -1))
        self._ask(lambda counts: counts.clear(_familiar_key(name, address)))
        self._ask(lambda counts: counts.incr(_familiar_key(name, address), FAMILIAR))

    def challenge(self, address: str) -> int:
        """Counts a challenge that a stranger asks for; the seconds to wait where he has had enough, else 0."""
        return self._count(_key("challenge", network(address)), CHALLENGES)

    def _count(self, key: str, bound: Bound) -> int:
        if self._ask(lambda counts: counts.incr(key, bound.seconds)) <= bound.failures:
            return 0
        left = self._ask(lambda counts: counts.get_expiry(key)) - time.time()
        return max(1, min(bound.seconds, math.ceil(left)))

    def _ask(self, question: Callable[[Storage], Answer]) -> Answer:
        if time.monotonic() >= self._away_until:
            try:
                return question(self._redis)
            except redis.RedisError:
                self._away_until = time.monotonic() + AWAY
        return question(self._here)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _address_key(address: str) -> str:
    return _key("address", network(address))


def _account_key(name: str) -> str:
    return _key("account", name.strip().lower())


def _familiar_key(name: str, address: str) -> str:
    return _key("familiar", name.strip().lower(), network(address))
