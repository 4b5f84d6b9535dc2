"""``reflections doctor``: one line for each thing, and 1 where one of them is wrong."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.clocks import clock
from tests.support.commands import Said, command, typed

NAMES = ["settings", "database", "Redis", "clock", "disk", "web"]


@pytest.fixture
def data(sqlite_url: str, tmp_path: Path) -> Path:
    """A data folder in which nothing runs."""
    return tmp_path


def lines(said: Said) -> dict[str, tuple[str, str]]:
    """Thing → verdict and what was said of it."""
    split = [line.split(maxsplit=2) for line in said.out.splitlines()]
    return {name: (verdict, told) for verdict, name, told in split}


def ask(data: Path, **settings: str) -> dict[str, tuple[str, str]]:
    said = typed("doctor", "--data", data, BASE_URL="http://127.0.0.1:1", **settings)
    found = lines(said)
    assert list(found) == NAMES
    wrong = [name for name, (verdict, _) in found.items() if verdict == "wrong"]
    assert said.status == (1 if wrong else 0)
    assert said.err == (f"Error: {len(wrong)} of {len(NAMES)} things are wrong\n" if wrong else "")
    return found


def test_what_does_not_run_is_wrong_and_the_rest_is_well(data: Path) -> None:
    found = ask(data)
    assert {name for name, (verdict, _) in found.items() if verdict == "ok"} == {
        "settings",
        "database",
        "clock",
        "disk",
    }
    assert "sites 0, reflections 0" in found["database"][1]
    assert "does not answer" in found["web"][1]


def test_without_a_database_it_says_how_to_make_one(tmp_path: Path) -> None:
    verdict, told = ask(tmp_path / "empty")["database"]
    assert verdict == "wrong" and "there is no database at" in told
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_found(data: Path) -> None:
    file = data / "reflections.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'reflection'").fetchone()[0]
    with file.open("r+b") as raw:
        raw.seek((root - 1) * size)
        raw.write(b"\xff" * size)
    verdict, _ = ask(data)["database"]
    assert verdict == "wrong"


def test_an_older_schema_is_found(data: Path) -> None:
    with sqlite3.connect(data / "reflections.db") as connection:
        connection.execute("DELETE FROM alembic_version")
    assert "older release: 'reflections db upgrade'" in ask(data)["database"][1]


def test_a_key_that_others_can_read_is_found(data: Path) -> None:
    (data / "secret_key").write_text("k" * 40)
    (data / "secret_key").chmod(0o644)
    assert ask(data)["settings"] == ("wrong", f"others can read {data / 'secret_key'}: chmod 600 it")
    (data / "secret_key").chmod(0o600)
    assert ask(data)["settings"][0] == "ok"


def test_a_clock_that_goes_wrong_is_found(data: Path, redis_server: str) -> None:
    """A real clock, set back by Debian's faketime; the Redis server goes by the true one."""
    said = command("doctor", "--data", data, environ=clock("-2h"), REDIS_URL=redis_server)
    verdict, told = lines(said)["clock"]
    assert verdict == "wrong"
    assert told.startswith("it differs from Redis' by ")


def test_no_secret_is_printed(data: Path) -> None:
    settings = {
        "SECRET_KEY": "hushhush" * 5,
        "METRICS_TOKEN": "hushhush",
        "REDIS_URL": "redis://me:hushhush@127.0.0.1:1",
    }
    said = command("doctor", "--data", data, **settings)
    assert "hushhush" not in said.out + said.err
