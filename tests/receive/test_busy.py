"""A database that can't be written to: every protocol says so in its own form, and nothing is half there."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from service.model import Arrival, Event, Post, Reflection
from service.receive.pingback import PING_SECONDS
from tests.receive.senders import BROWSER, SOURCE, TARGET, Stored, mention, on_sqlite, ping, track, tracked
from tests.support.service import KnownSite

BUSY = "The service is busy just now; try again in a moment."
TABLES = (Post, Reflection, Arrival, Event)


@pytest.fixture
def ping_seconds() -> float:
    """As it is for everybody."""
    return PING_SECONDS


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else writes to this SQLite file, for as long as it takes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def no_larger(path: Path) -> Iterator[None]:
    """No file of this process may grow past the size that this one has."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def altered(server: Engine, database: str, there: str, back: str) -> Iterator[None]:
    """PostgreSQL treats this database so for every new connection, and there is none left of before."""
    ends = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {database} {there}"))
        connection.execute(ends, {"name": database})
        yield
        connection.execute(text(f"ALTER DATABASE {database} {back}"))
        connection.execute(ends, {"name": database})


def sends_in_vain(client: FlaskClient, post: int) -> None:
    """A new pair, by each protocol; each says that it is not taken now."""
    new = (SOURCE + "/2", TARGET)
    answer = mention(client, *new)
    assert (answer.status_code, answer.text) == (503, BUSY + "\n")
    assert int(answer.headers["Retry-After"]) > 0
    assert mention(client, *new, Accept="application/json").json == {"error": "busy", "error_description": BUSY}
    assert mention(client, *new, Accept=BROWSER).status_code == 503
    assert ping(client, *new) == -32500
    refused = client.post(f"/trackback/{post}", data={"url": new[0]})
    assert tracked(refused, 503).message == BUSY
    assert int(refused.headers["Retry-After"]) > 0


def sends_again(client: FlaskClient, stored: Stored, counted: list[int]) -> None:
    """Nothing was kept; now the same pair is taken, and it is one."""
    assert [stored.count(table) for table in TABLES] == counted
    assert mention(client, SOURCE + "/2").status_code == 201
    assert stored.count(Reflection) == counted[1] + 1


@on_sqlite
def test_a_locked_file_is_waited_for_and_then_the_service_is_busy(
    client: FlaskClient, site: KnownSite, stored: Stored, tmp_path: Path
) -> None:
    status = mention(client).headers["Location"].removeprefix("http://127.0.0.1:8000")
    counted = [stored.count(table) for table in TABLES]
    with locked(tmp_path / "reflections.db"), ThreadPoolExecutor(20) as others:
        began = time.monotonic()
        waiting = [others.submit(mention, client, f"{SOURCE}/{n}", TARGET + "/new") for n in range(20)]
        assert ping(client, SOURCE + "/2", TARGET + "/new") == -32500
        assert time.monotonic() - began < 2.5, "WordPress waits for three seconds"
        for answer in (one.result() for one in waiting):
            assert (answer.status_code, answer.text) == (503, BUSY + "\n")
        assert time.monotonic() - began < 12, "they wait together, not one after the other"
        assert client.get(status).json["status"] == "received", "who only reads waits for nobody"
    sends_again(client, stored, counted)


@on_sqlite
def test_a_ping_that_was_told_no_is_not_stored_afterwards(
    client: FlaskClient, site: KnownSite, stored: Stored, tmp_path: Path
) -> None:
    with locked(tmp_path / "reflections.db"):
        assert ping(client) == -32500
    assert mention(client, "https://tom.example/").status_code == 201, "the writer is past what waited"
    assert [item.source for item in stored.items()] == ["https://tom.example/"]


@on_sqlite
def test_a_file_that_cannot_grow_takes_nothing_until_it_can(
    client: FlaskClient, site: KnownSite, stored: Stored, tmp_path: Path
) -> None:
    assert mention(client).status_code == 201
    counted, post = [stored.count(table) for table in TABLES], stored.posts()[0].id
    with no_larger(tmp_path / "reflections.db-wal"):
        sends_in_vain(client, post)
    sends_again(client, stored, counted)


@on_postgresql
def test_a_database_that_only_reads_takes_nothing_until_it_writes(
    client: FlaskClient, site: KnownSite, stored: Stored, postgresql_server: Engine
) -> None:
    assert mention(client).status_code == 201
    counted, post = [stored.count(table) for table in TABLES], stored.posts()[0].id
    name = str(stored.engine.url.database)
    only_read = "SET default_transaction_read_only = on"
    stored.engine.dispose()
    with altered(postgresql_server, name, only_read, "RESET default_transaction_read_only"):
        sends_in_vain(client, post)
    stored.engine.dispose()
    sends_again(client, stored, counted)


@on_postgresql
def test_a_database_that_is_away_takes_nothing_until_it_is_back(
    client: FlaskClient, site: KnownSite, stored: Stored, postgresql_server: Engine
) -> None:
    status = mention(client).headers["Location"].removeprefix("http://127.0.0.1:8000")
    counted, post = [stored.count(table) for table in TABLES], stored.posts()[0].id
    name = str(stored.engine.url.database)
    stored.engine.dispose()
    with altered(postgresql_server, name, "ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
        sends_in_vain(client, post)
        asked = client.get(status)
        assert (asked.status_code, asked.json) == (503, {"error": "busy", "error_description": BUSY})
    sends_again(client, stored, counted)


@on_postgresql
def test_a_locked_table_holds_no_ping_up(client: FlaskClient, site: KnownSite, stored: Stored, engine: Engine) -> None:
    assert track(client, 0, url=SOURCE).error == 1
    with engine.connect() as other:
        other.execute(text("LOCK TABLE reflection IN SHARE MODE"))
        began = time.monotonic()
        assert ping(client) == -32500
        assert time.monotonic() - began < 2.5
        other.rollback()
    assert stored.count(Post) == stored.count(Reflection) == 0
    assert "/webmention/" in ping(client)
