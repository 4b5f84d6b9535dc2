"""`make drill`: Redis is emptied twenty times and stopped five times; nobody who sends or reads notices."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.support.flight import flight
from tests.support.redis import Stoppable
from tests.support.service import WholeRun
from tests.support.units import Units
from tests.support.waiting import until
from tests.support.web import Web

pytestmark = pytest.mark.drill

FLUSHES, STOPS = 20, 5
AWAY = 30.0
CAUGHT_UP = 60.0
LOT = 40


def reads(run: WholeRun, target: str, seconds: float) -> set[int]:
    """What a reader is answered for so long."""
    end, rest, answers = time.monotonic() + seconds, threading.Event(), set[int]()
    while time.monotonic() < end:
        answers.add(run.ask(f"/api/v1/thread?url={target}").status)
        rest.wait(0.5)
    return answers


def test_redis_is_emptied_and_stopped_and_nothing_is_lost(
    tmp_path: Path, web: Web, postgresql_url: str, stoppable_redis: Stoppable
) -> None:
    with (
        Units(tmp_path, postgresql_url, stoppable_redis.url) as units,
        flight(units.run, web, LOT * (FLUSHES + STOPS)) as under_way,
    ):
        before = units.living()
        for number in range(FLUSHES):
            under_way.send(LOT)
            until(lambda: under_way.under_way < LOT // 2, CAUGHT_UP, under_way)
            stoppable_redis.connection.flushall()
            if number % (FLUSHES // STOPS) == 0:
                stoppable_redis.stop()
                under_way.send(LOT)
                assert reads(units.run, under_way.blogs.target, AWAY) == {200}, "reading did not go on"
                assert under_way.under_way == 0, "taking in did not go on"
                stoppable_redis.start()
        under_way.lands(CAUGHT_UP)
        assert not under_way.waited, "somebody was told to come later"
        assert units.living() == before, "somebody had to be started again"
