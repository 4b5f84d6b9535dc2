"""Redis full, read-only, slow or stopped: what is sent is taken as ever, and worked off once it is well again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
import redis
from flask.testing import FlaskClient
from rq import Queue
from rq.serializers import JSONSerializer

from service.model import Reflection
from service.receive.pingback import PING_SECONDS
from tests.receive.senders import SOURCE, Stored, mention, on_sqlite, ping
from tests.support.redis import Stoppable
from tests.support.service import KnownSite
from tests.support.waiting import suspend, until

Trouble = Callable[[Stoppable], None]


@pytest.fixture
def ping_seconds() -> float:
    """As it is for everybody."""
    return PING_SECONDS


@pytest.fixture
def redis_url(stoppable_redis: Stoppable) -> str:
    """One that may get into trouble."""
    return stoppable_redis.url


def full(server: Stoppable) -> None:
    server.connection.config_set("maxmemory", "1")


def room(server: Stoppable) -> None:
    server.connection.config_set("maxmemory", "0")


def read_only(server: Stoppable) -> None:
    server.connection.replicaof("127.0.0.1", "1")


def written_to(server: Stoppable) -> None:
    server.connection.replicaof("NO", "ONE")


def slow(server: Stoppable) -> None:
    suspend(server.pid)


def quick(server: Stoppable) -> None:
    os.kill(server.pid, signal.SIGCONT)


TROUBLES: dict[str, tuple[Trouble, Trouble]] = {
    "full": (full, room),
    "read-only": (read_only, written_to),
    "slow": (slow, quick),
    "stopped": (Stoppable.stop, Stoppable.start),
}


@on_sqlite
@pytest.mark.parametrize(("hurt", "heal"), TROUBLES.values(), ids=TROUBLES)
def test_what_is_sent_is_taken_as_ever_and_workers_are_woken_again_afterwards(
    client: FlaskClient, site: KnownSite, stored: Stored, stoppable_redis: Stoppable, hurt: Trouble, heal: Trouble
) -> None:
    hurt(stoppable_redis)
    began = time.monotonic()
    assert mention(client).status_code == 201
    assert "/webmention/" in ping(client, SOURCE + "/2")
    assert time.monotonic() - began < 2.5, "WordPress waits for three seconds"
    assert stored.count(Reflection) == 2
    heal(stoppable_redis)
    jobs = Queue("verify", connection=redis.Redis.from_url(stoppable_redis.url), serializer=JSONSerializer)

    def woken() -> bool:
        assert mention(client).status_code == 201
        return jobs.count > 0

    until(woken, 10, "nobody was woken", pause=0.3)
