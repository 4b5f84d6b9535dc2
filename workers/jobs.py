"""The names that RQ calls, and nothing else. Each works off its rows; what it was called with does not matter.

A job is a bell: if it is lost, another rings; if two come, the second finds nothing left. So what an older or newer
release calls with arguments of its own is served all the same.
"""

from __future__ import annotations

import functools
import threading
from importlib.metadata import version

import structlog
from sqlalchemy import Engine

from config.settings import Settings, load
from service.bell import Bell
from service.model.engine import create
from service.values.page import Limits
from workers.bulk import Bulk
from workers.child import CannotStart, Child
from workers.count import count_days
from workers.fetch import Fetcher, user_agent
from workers.hands import Hands
from workers.health import Health
from workers.learn import learn_due
from workers.means import AWAY, Means
from workers.moving import Moving
from workers.network import Guard
from workers.notify.mail import Digests
from workers.notify.mailer import Mailer
from workers.pace import Pace
from workers.picture import Pictures
from workers.verify import HANDS, Run

stop = threading.Event()
"""Set when the process is asked to end: a job gives back what it holds, and ends."""

log = structlog.get_logger(__name__)


def verify_due(*_given: object, **_named: object) -> None:
    """Verifies whatever is due, for about a minute at most. What it can't do now, the next one does."""
    try:
        Run(_means("verify"))()
    except AWAY as error:
        log.warning("the database is away; what was held comes again", error=type(error).__name__)
    except CannotStart as error:
        log.error("no page can be read", error=error)


def run_errands(*_given: object, **_named: object) -> None:
    """Does what may take its time, for a few minutes at most: mails what waits, counts the days, works jobs of
    thousands off, takes sites that move along, fetches the authors' pictures that are due, and has what people decided
    learned."""
    try:
        _digests()(stop)
        count_days(_means("errands").engine, stop)
        Bulk(_means("errands"))()
        Moving(_means("errands"))()
        Pictures(_means("errands"))()
        learn_due(_means("errands").engine, stop)
    except AWAY as error:
        log.warning("the database is away; what was held comes again", error=type(error).__name__)
    except CannotStart as error:
        log.error("no picture can be read", error=error)


def means(settings: Settings, stop: threading.Event, hands: int = HANDS, queue: str = "verify") -> Means:
    """What the jobs of a queue work with, by these settings."""
    engine, bell = create(settings.database), Bell(settings.redis)
    return Means(
        engine=engine,
        fetch=_fetcher(settings, engine, bell, stop).fetch,
        child=Child(),
        limits=Limits(settings.fetch_timeout, settings.fetch_max_bytes, settings.fetch_max_redirects),
        stop=stop,
        ring=lambda: bell.ring(queue),
        hands=Hands(hands, "fetch"),
        reader=Hands(1, "reader"),
    )


def _fetcher(settings: Settings, engine: Engine, bell: Bell, stop: threading.Event) -> Fetcher:
    return Fetcher(
        Guard(settings.fetch_allow),
        Pace(bell.connection, engine, settings.fetch_host_interval),
        user_agent(version("reflections"), settings.base_url),
        health=Health(engine),
        patience=settings.fetch_timeout,
        stop=stop,
    )


@functools.cache
def _digests() -> Digests:
    settings = load()
    server = settings.mail_server
    mailer = Mailer(server, settings.mail_from) if server else None
    return Digests(_means("errands").engine, mailer, settings.base_url, settings.secret)


@functools.cache
def _means(queue: str) -> Means:
    return means(load(), stop, queue=queue)
