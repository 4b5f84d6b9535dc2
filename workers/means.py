"""What runs work with: a database, a safe fetch, a reading child, hands, and the bell that wakes the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from service.values.address import Address
from service.values.page import Fetched, Limits, Validators
from workers.answer import READABLE, Accept
from workers.child import CannotStart, Child
from workers.hands import Hands

AWAY = (OperationalError, InterfaceError, TimeoutError)
"""What the database raises when it can't be reached, or can't take a write: no item's fault."""

_TOO_LARGE = "54"
"""The class of those among PostgreSQL's errors by which a statement asked too much (Appendix A: a key too long for its
index): the driver says of them, too, that it can't be helped."""

LONGEST_RUN = 60.0
"""Seconds after which a run takes no more and rings for the next, so that a worker is never one endless job."""


def ends_the_run(error: BaseException) -> bool:
    """Whether it is the database's or the child's trouble, and no item's own."""
    if not isinstance(error, AWAY):
        return isinstance(error, CannotStart)
    return not str(getattr(getattr(error, "orig", None), "sqlstate", None)).startswith(_TOO_LARGE)


class Fetch(Protocol):
    """One safe GET (:meth:`workers.fetch.Fetcher.fetch`)."""

    def __call__(
        self,
        address: Address,
        limits: Limits,
        since: Validators | None = None,
        accept: Accept = READABLE,
        waited: bool = False,
    ) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What runs work with; they are made once a process, and used by one run at a time."""

    engine: Engine
    fetch: Fetch
    child: Child
    limits: Limits
    stop: threading.Event
    ring: Callable[[], None]
    """Wakes another worker, or this one again."""
    hands: Hands
    reader: Hands
    """The one thread that talks with the child."""
