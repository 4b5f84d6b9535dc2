"""`make drill`: SIGTERM under full load, twenty times."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from service.model.engine import create
from tests.support.flight import database_of, flight
from tests.support.kills import SEED
from tests.support.service import WholeRun, whole
from tests.support.waiting import until
from tests.support.web import Web

pytestmark = pytest.mark.drill

STOPS = 20
LOT = 60
LONGEST = 10.0


def held(run: WholeRun) -> int:
    """Rows that somebody still holds."""
    engine = create(database_of(run))
    with engine.connect() as connection:
        return sum(
            int(connection.scalar(text(f"SELECT count(*) FROM {table} WHERE lease IS NOT NULL AND due_at IS NOT NULL")))
            for table in ("reflection", "post")
        )


def test_twenty_of_twenty_stop_in_ten_seconds_with_nothing_lost(tmp_path: Path, web: Web) -> None:
    chance, took = random.Random(SEED), list[float]()
    with whole(tmp_path) as first, flight(first, web, STOPS * LOT, delay=1.0) as under_way:
        first.stop()
        for _ in range(STOPS):
            with whole(tmp_path) as run:
                under_way.run = run
                under_way.send(LOT)
                until(lambda: under_way.under_way < LOT * 3 // 4, 60, under_way)
                threading.Event().wait(chance.uniform(0, 2))
                began = time.monotonic()
                run.process.terminate()
                assert run.process.wait(2 * LONGEST) == 0, run.printed
                took.append(time.monotonic() - began)
                assert held(run) == 0, "what was held was not given back"
        with whole(tmp_path) as last:
            under_way.run = last
            under_way.lands()
    assert max(took) < LONGEST, took
    assert "Traceback" not in last.printed
