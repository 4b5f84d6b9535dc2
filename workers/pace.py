"""A host's turn: one request at a time to a host, and an interval after it, whatever named the host.

A host is the registrable domain (``Address.domain``), so that a wildcard name can't escape its turn. The
turn is a Redis key that expires; while Redis is away, it is a conditional update of the host's row. What this
process holds it remembers itself too, so that a flushed or lost Redis lets no second request of its through.

The guarantee: among processes that see the same Redis, or the same database while Redis is away, a host has
one request under way and ``interval`` seconds of rest after it. It does not hold among several workers at the
very moment when Redis goes, comes back or is flushed, nor where a holder outlives the time that it asked for.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import redis
import structlog
from sqlalchemy import Engine, Table, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service.model.engine import writing
from service.model.host import Host
from workers.stopped import Stopped

LONGEST_TURN = 120.0
"""Seconds. A turn or rest that ends later than this was made under another clock, and counts as passed."""

MOST_WAITING = 20.0
"""Seconds that one chain of redirects may wait in all for its hosts to rest."""

_AWAY = 2.0
"""Seconds for which Redis is not asked again after it failed."""

# A key's value is its holder's token, or nothing while the host rests. ARGV: token, milliseconds, longest.
# Answers 0 where the turn was taken, else the milliseconds left, negative where somebody holds it.
_TAKE = """
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[3]) then
  if redis.call('GET', KEYS[1]) == '' then return left end
  return -left
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_GIVE_BACK = """
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then redis.call('SET', KEYS[1], '', 'PX', ARGV[2]) end
return 0
"""

log = structlog.get_logger(__name__)
_host = cast(Table, Host.__table__)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send one host requests, one after the other."""

    domain: str
    token: str


class Pace:
    """Gives out turns. Thread-safe. ``interval`` is in seconds; 0 means that there are no turns.

    ``connection`` should time out within a second: a take that finds Redis slow waits for that long.
    """

    def __init__(self, connection: redis.Redis, engine: Engine, interval: float):
        self.interval = interval
        self._engine = engine
        self._take = connection.register_script(_TAKE)
        self._give_back = connection.register_script(_GIVE_BACK)
        self._redis_away_until = 0.0
        self._lock = threading.Lock()
        self._here: dict[str, tuple[float, bool]] = {}

    def take(self, domain: str, until_seconds: float) -> Turn | float:
        """The host's turn, for ``until_seconds`` at most, or the seconds after which to ask again.

        Raises SQLAlchemy's errors where Redis and the database are both away.
        """
        turn = Turn(domain, secrets.token_hex(8))
        if not self.interval:
            return turn
        seconds = min(until_seconds, LONGEST_TURN)
        left = self._reserve_here(domain, seconds)
        if not left:
            try:
                left = self._take_elsewhere(turn, seconds)
            except BaseException:
                self._forget_here(domain)
                raise
            if not left:
                return turn
            self._forget_here(domain)
        return left + random.uniform(0, self.interval / 4)  # noqa: S311

    def give_back(self, turn: Turn) -> None:
        """The request is over: the host rests for the interval. Never raises; a lost turn ends by itself."""
        if not self.interval:
            return
        with self._lock:
            self._here[turn.domain] = (time.monotonic() + self.interval, True)
        if self._redis_is_there():
            try:
                self._give_back(keys=[_key(turn.domain)], args=[turn.token, max(int(self.interval * 1000), 1)])
                return
            except redis.RedisError as error:
                self._lose_redis(error)
        try:
            self._give_back_row(turn)
        except SQLAlchemyError as error:
            log.warning("turn not given back", host=turn.domain, error=type(error).__name__)

    def _reserve_here(self, domain: str, seconds: float) -> float:
        now = time.monotonic()
        with self._lock:
            if len(self._here) > 4096:
                self._here = {name: held for name, held in self._here.items() if held[0] > now}
            until, resting = self._here.get(domain, (0.0, True))
            if until > now:
                return until - now if resting else min(until - now, self.interval)
            self._here[domain] = (now + seconds, False)
            return 0.0

    def _forget_here(self, domain: str) -> None:
        with self._lock:
            self._here.pop(domain, None)

    def _take_elsewhere(self, turn: Turn, seconds: float) -> float:
        if self._redis_is_there():
            arguments: list[str | int] = [turn.token, int(seconds * 1000), int(LONGEST_TURN * 1000)]
            try:
                left = int(self._take(keys=[_key(turn.domain)], args=arguments))
                return left / 1000 if left >= 0 else min(-left / 1000, self.interval)
            except redis.RedisError as error:
                self._lose_redis(error)
        return self._take_row(turn, seconds)

    def _redis_is_there(self) -> bool:
        return time.monotonic() >= self._redis_away_until

    def _lose_redis(self, error: redis.RedisError) -> None:
        self._redis_away_until = time.monotonic() + _AWAY
        log.warning("redis is away; hosts' turns are kept in the database", error=type(error).__name__)

    def _take_row(self, turn: Turn, seconds: float) -> float:
        now = datetime.now(UTC)
        taken = {"turn": turn.token, "busy_until": now + timedelta(seconds=seconds)}
        is_free = or_(
            _host.c.busy_until.is_(None),
            _host.c.busy_until <= now,
            _host.c.busy_until > now + timedelta(seconds=LONGEST_TURN),
        )
        this = _host.c.name == turn.domain
        try:
            with writing(self._engine) as session:
                connection = session.connection()
                if connection.execute(update(_host).where(this, is_free).values(taken)).rowcount:
                    return 0.0
                held = connection.execute(select(_host.c.busy_until, _host.c.turn).where(this)).first()
                if held is None:
                    connection.execute(insert(_host).values(name=turn.domain, **taken))
                    return 0.0
        except IntegrityError:
            return self.interval  # someone was quicker
        left: float = (held.busy_until - now).total_seconds() if held.busy_until else self.interval
        return max(min(left, self.interval) if held.turn else left, 0.01)

    def _give_back_row(self, turn: Turn) -> None:
        now = datetime.now(UTC)
        is_mine = or_(_host.c.turn == turn.token, _host.c.busy_until.is_(None), _host.c.busy_until <= now)
        rest = {"turn": "", "busy_until": now + timedelta(seconds=self.interval)}
        with writing(self._engine) as session:
            session.execute(update(_host).where(_host.c.name == turn.domain, is_mine).values(rest))


class Passage:
    """One chain's way through the turns of its hosts.

    A host that the chain comes to anew must be free. Where a redirect stays on the host, the turn is kept and
    the host's rest is waited for, so that nobody cuts in; where one comes back to a host seen before, the
    rest that the chain itself caused is waited for, twice the interval at most.
    """

    def __init__(self, pace: Pace, seconds: float, redirects: int, stop: threading.Event):
        self._pace = pace
        self._stop = stop
        self._until = seconds + min(redirects * pace.interval, MOST_WAITING) + 2.0
        self._turn: Turn | None = None
        self._ended = 0.0
        self._seen: set[str] = set()
        self.waited = 0.0
        """Seconds waited so far."""

    def enter(self, domain: str) -> float:
        """0 where a request may be sent now, else the seconds after which the whole chain may try again.

        Raises ``Stopped("timeout")`` where the chain would wait longer than :data:`MOST_WAITING` in all.
        """
        if self._turn is not None and self._turn.domain == domain:
            return self._rest(max(self._ended + self._pace.interval - time.monotonic(), 0.0))
        self.leave()
        patience = 2 * self._pace.interval if domain in self._seen else 0.0
        while not isinstance(taken := self._pace.take(domain, self._until), Turn):
            patience -= taken
            if patience < 0 or self._rest(taken):
                return taken
        self._turn = taken
        self._seen.add(domain)
        return 0.0

    def answered(self) -> None:
        """A request has ended just now."""
        self._ended = time.monotonic()

    def leave(self) -> None:
        """Gives back the turn that is held, if any."""
        if self._turn is not None:
            self._pace.give_back(self._turn)
            self._turn = None

    def _rest(self, seconds: float) -> float:
        """Waits; what is left where the worker is asked to stop."""
        if seconds <= 0:
            return 0.0
        if self.waited + seconds > MOST_WAITING:
            raise Stopped("timeout")
        self.waited += seconds
        return seconds if self._stop.wait(seconds) else 0.0


def _key(domain: str) -> str:
    return f"reflections:turn:{domain}"
