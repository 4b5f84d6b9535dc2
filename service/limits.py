"""Who may send how much: by address and in total, which refuses; by the source's domain, which only delays.

Counted in Redis, so that all web processes count together, and in this process's memory while Redis is away: a limit
is never the cause of an error, and asking costs a second at the very most, once. However many ask at once, Redis is
asked one question.
"""

from __future__ import annotations

import ipaddress
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import redis
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE = 0.25
"""Seconds that Redis may take for one question."""

AWAY = 5.0
"""Seconds for which Redis is left alone after it failed."""

LONGEST_DELAY = 3600.0
"""The longest that one domain's claims wait for their verification."""

KEY = "reflections:limit"

_COUNT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

-- Seconds to wait, or 0 and counted. A list holds when the last ones came, the newest first, and no more than matter.
local function past(key, amount, seconds)
    if amount == 0 then return seconds end
    local earliest = redis.call('LINDEX', key, amount - 1)
    if earliest and now < earliest + seconds then return math.ceil(earliest + seconds - now) end
    if redis.call('LPUSH', key, string.format('%.6f', now)) > amount then redis.call('LTRIM', key, 0, amount - 1) end
    redis.call('EXPIRE', key, seconds + 1)
    return 0
end

local rates = cjson.decode(ARGV[1])
local answers = {}
for place = 2, #KEYS, 2 do
    local address, domain = KEYS[place], KEYS[place + 1]
    local wait, number = 0, 0
    if rates.address then wait = past(address, rates.address[1], rates.address[2]) end
    if rates.total and wait == 0 then wait = past(KEYS[1], rates.total[1], rates.total[2]) end
    if rates.domain and wait == 0 then
        number = redis.call('INCR', domain)
        if number == 1 then redis.call('EXPIRE', domain, rates.domain[2]) end
    end
    answers[#answers + 1] = {wait, number}
end
return cjson.encode(answers)
"""


class Rate(Protocol):
    """So many in so many seconds."""

    @property
    def amount(self) -> int: ...

    @property
    def seconds(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Try:
    """One request: the address it came from, and the registrable domain that it speaks of."""

    address: str
    domain: str


@dataclass(frozen=True, slots=True)
class Turn:
    """When its turn is, in seconds."""

    retry_after: int | None = None
    """After so many it may try again; ``None`` where it may go on now."""
    delay: float = 0.0
    """What goes on waits for so many before its source is asked."""


_NOW = Turn()


class Limits:
    """The limits of the doors. ``rates`` may name ``address``, ``domain`` and ``total``; what it does not name is free.

    ``address`` and ``total`` hold for every span of their length, wherever it begins (a moving window). Each further
    ``amount`` from one domain wait one ``seconds`` longer, up to :data:`LONGEST_DELAY`.
    """

    def __init__(self, redis_url: str, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._told = json.dumps({name: (rate.amount, rate.seconds) for name, rate in rates.items()})
        connection = redis.Redis.from_url(
            redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._script = connection.register_script(_COUNT)
        self._memory = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._memory)
        self._away_until = 0.0

    def count(self, tries: Sequence[Try]) -> Sequence[Turn]:
        """The turn of each try; each is counted. A client past its own limit does not use up what all have together,
        and who is refused delays no domain."""
        if not self._rates:
            return [_NOW] * len(tries)
        if time.monotonic() >= self._away_until:
            try:
                return self._in_redis(tries)
            except redis.RedisError:
                self._away_until = time.monotonic() + AWAY
        return [self._in_memory(each) for each in tries]

    def _in_redis(self, tries: Sequence[Try]) -> Sequence[Turn]:
        keys = [f"{KEY}:total"]
        for each in tries:
            keys += f"{KEY}:address:{network(each.address)}", f"{KEY}:domain:{each.domain}"
        answers = json.loads(cast("bytes", self._script(keys, [self._told])))
        return [Turn(wait) if wait else self._late(number) for wait, number in answers]

    def _in_memory(self, one: Try) -> Turn:
        for name, who in (("address", network(one.address)), ("total", "")):
            rate = self._rates.get(name)
            if rate is None:
                continue
            item = RateLimitItemPerSecond(rate.amount, rate.seconds, name)
            if not self._window.hit(item, who):
                again = self._window.get_window_stats(item, who).reset_time - time.time()
                return Turn(max(1, math.ceil(again)))
        rate = self._rates.get("domain")
        return self._late(self._memory.incr(f"domain/{one.domain}", rate.seconds)) if rate else _NOW

    def _late(self, number: int) -> Turn:
        """The turn of the so-manieth of its domain."""
        rate = self._rates.get("domain")
        if rate is None or number <= rate.amount:
            return _NOW
        return Turn(delay=min(float((number - 1) // max(rate.amount, 1) * rate.seconds), LONGEST_DELAY))


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
