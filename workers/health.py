"""Who can't be reached: an origin that failed several times in a row is left alone for growing spans.

Only failures count that are the same for every page of an origin (scheme, host, port): no name, no connection, no
TLS. What a page does (an error, a wall, silence once it was asked) is that page's own affair, so that nobody makes
a neighbour's page fail by one of his own; nor by a redirect, after which little time may be left, nor by a port or a
subdomain that is none. While the origin rests, what is asked of it fails at once as it failed last, and each item goes
on by its own back-off: a thousand of them cost a few connections, and all end in time.

A ``Retry-After`` (429 or 503; RFC 9110 10.2.3) is honoured for the whole origin, but nobody's page fails by it: it
waits, and no attempt is counted. After a day it is asked all the same (:mod:`workers.due`), since the page for which
patience was asked may be a neighbour's. Behind a redirect waiting is an attempt like others.

It stands in the database alone, a row for an origin in trouble and none for all others, so it holds with Redis away;
where the database is away too, nothing is known and everybody is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.model.engine import written
from service.model.host import Origin, let_be_asked
from service.model.insert import insert
from service.values.address import Address

UNREACHED = frozenset({"unknown_host", "unreachable", "timeout", "tls"})
"""The reasons for which no connection came about that say something of an origin, not of what we dare or trust."""

FORGIVEN = 2
"""Failures in a row after which an origin is still asked each time."""

FIRST_REST = timedelta(minutes=1)
"""After the next failure; it doubles with each further one."""

LONGEST_REST = timedelta(hours=1)
"""Where that ends. A row that rests longer was made under another clock, and counts as passed."""

FORGOTTEN = timedelta(days=1)
"""How long after its rest an origin's failures are remembered."""

log = structlog.get_logger(__name__)

_origin = Origin.__table__
_OF = select(_origin.c.reason, _origin.c.failures, _origin.c.rests_until).where(_origin.c.name == bindparam("name"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is known of an origin that did not answer."""

    reason: str
    failures: int
    seconds: float
    """Until it may be asked again; 0 from then on."""

    @property
    def rests(self) -> bool:
        return self.seconds > 0

    @property
    def is_down(self) -> bool:
        """Whether it could not be reached; else it asked for patience."""
        return self.reason in UNREACHED


class Health:
    """The record of origins. Thread-safe; never raises."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def of(self, address: Address) -> Trouble | None:
        """What is known of the address's origin, if it is in trouble."""
        try:
            with self._engine.connect() as connection:
                found = connection.execute(_OF, {"name": address.origin}).first()
        except SQLAlchemyError as error:
            log.warning("a host's health is not known", error=type(error).__name__)
            return None
        if found is None:
            return None
        left = found.rests_until - datetime.now(UTC)
        if left < -FORGOTTEN:
            return None
        return Trouble(found.reason, found.failures, left.total_seconds() if left <= LONGEST_REST else 0.0)

    def failed(self, address: Address, reason: str, before: Trouble | None) -> None:
        """No connection came about, as ``before`` already or for the first time."""
        failures = (before.failures if before else 0) + 1
        self._write(lambda session: _put(session, address, reason, failures, rest(failures)))

    def asks_for(self, address: Address, seconds: float) -> None:
        """It answered, and wants to be left alone for so long."""
        span = min(timedelta(seconds=seconds), LONGEST_REST)
        self._write(lambda session: _put(session, address, "rate_limited", 0, span))

    def answered(self, address: Address) -> None:
        """It is well."""
        self._write(lambda session: let_be_asked(session, address))

    def _write(self, work: Callable[[Session], None]) -> None:
        try:
            written(self._engine, work)
        except SQLAlchemyError as error:
            log.warning("a host's health was not noted", error=type(error).__name__)


def rest(failures: int) -> timedelta:
    """How long an origin rests after so many failures in a row."""
    if failures <= FORGIVEN:
        return timedelta()
    doublings = min(failures - FORGIVEN - 1, 10)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)


def _put(session: Session, address: Address, reason: str, failures: int, span: timedelta) -> None:
    now = datetime.now(UTC)
    session.execute(delete(Origin).where(Origin.rests_until < now - FORGOTTEN))
    values = {"reason": reason, "failures": failures, "rests_until": now + span}
    row = insert(session, Origin).values(name=address.origin, **values)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))
