"""`make drill`: 200 times something is killed with -9 while 2,000 webmentions are in flight."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import parts
from tests.support.flight import flight
from tests.support.kills import kills
from tests.support.service import whole
from tests.support.units import Units
from tests.support.web import Web

pytestmark = pytest.mark.drill

KILLS, MENTIONS = 200, 2000
PAUSE = 0.5


def test_on_sqlite_with_all_parts_under_one_supervisor(tmp_path: Path, web: Web) -> None:
    with whole(tmp_path) as run, flight(run, web, MENTIONS) as under_way:
        for _ in kills(KILLS, sorted(parts.PARTS), lambda part: parts.kill(run.process.pid, part), PAUSE):
            under_way.send(MENTIONS // KILLS)
        under_way.lands()
        assert run.process.poll() is None


def test_on_postgresql_part_by_part(tmp_path: Path, web: Web, postgresql_url: str, redis_url: str) -> None:
    names = ["web", "serving", "verify", "verify-2", "errands", "scheduler", "reading"]
    with Units(tmp_path, postgresql_url, redis_url) as units, flight(units.run, web, MENTIONS) as under_way:
        for _ in kills(KILLS, names, units.kill, PAUSE):
            units.tend()
            under_way.send(MENTIONS // KILLS)
        under_way.lands()
