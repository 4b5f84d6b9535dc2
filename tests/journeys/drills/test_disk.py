"""`make drill`: the disk fills up and is freed three times under load."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import parts
from tests.support.disk import small_disk
from tests.support.flight import flight
from tests.support.service import WholeRun, whole
from tests.support.waiting import until
from tests.support.web import Web

pytestmark = pytest.mark.drill

ROUNDS = 3
LOT = 150


def living(run: WholeRun) -> dict[str, list[int]]:
    return {part: [one.pid for one in parts.processes(run.process.pid, part)] for part in ("web", "verify", "redis")}


def with_nothing_to_spare(run: WholeRun) -> None:
    """What SQLite's log has taken of the disk is given back: it would be written over and over."""
    with closing(sqlite3.connect(run.data / "reflections.db", timeout=30)) as connection:
        until(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, 30, "it is written to")


def test_a_full_disk_keeps_nothing_by_halves_and_heals_by_itself(tmp_path: Path, web: Web) -> None:
    with (
        small_disk(tmp_path / "data") as disk,
        whole(tmp_path) as run,
        flight(run, web, 2 * LOT * ROUNDS) as under_way,
    ):
        before = living(run)
        for _ in range(ROUNDS):
            under_way.send(LOT)
            until(lambda: under_way.under_way < LOT // 2, 30, under_way)
            with_nothing_to_spare(run)
            disk.fill(run.process.pid)
            under_way.waited.clear()
            under_way.send(LOT)
            until(lambda: under_way.waited.total() > LOT, 60, "nobody was told that there is no room")
            refused = run.webmention(under_way.blogs.target + "?one", under_way.blogs.target)
            assert refused.status == 503 and refused.headers["Retry-After"] and disk.reason in refused.text
            assert run.ask(f"/api/v1/thread?url={under_way.blogs.target}").status == 200, "reading does not go on"
            disk.free()
        under_way.lands()
        assert living(run) == before, f"somebody had to be started again:\n{run.printed}"
