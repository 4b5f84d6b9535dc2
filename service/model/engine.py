"""Engines: SQLite's pragmas and its two ways to begin a transaction, PostgreSQL's encoding. Plain SQLAlchemy.

On SQLite readers begin plainly and one writer begins with ``BEGIN IMMEDIATE``: a transaction that reads and then
writes fails at once with "database is locked", whatever ``busy_timeout`` says.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

BUSY_TIMEOUT = 5.0
"""Seconds that a writer waits for the file before it says that the service is busy."""

TURN = 0.003
"""Seconds after which a writer asks for the file anew: SQLite itself asks ever less often, at last ten times a second,
and never gets in beside one who writes all the time and pauses for moments only."""

CONNECT_TIMEOUT = 3
"""Seconds that a database server may take to let us in; one that takes longer is away."""

ATTEMPTS = 3
"""How often a transaction runs that another one made fail (PostgreSQL 13.2.3)."""

_RETRIED = {"40001", "40P01", "23503"}
"""Serialization, deadlock, and what ours stands on was removed just now: the next run finds that out."""

Result = TypeVar("Result")


def create(url: str, **further: Any) -> Engine:
    """An engine on SQLite (WAL, synchronous FULL, foreign keys) or PostgreSQL."""
    return instrument(create_engine(url, **options(url), **further))


def options(url: str) -> dict[str, Any]:
    """What ``create_engine`` is told for this database, whoever calls it. What a statement was given is not logged."""
    if url.startswith("sqlite"):
        return {"connect_args": {"check_same_thread": False}, "hide_parameters": True}
    # Without its encoding a server that keeps SQL_ASCII gives bytes, on which the driver stumbles before we refuse it.
    server = {"connect_timeout": CONNECT_TIMEOUT, "client_encoding": "UTF8"}
    return {"pool_pre_ping": True, "connect_args": server, "hide_parameters": True}


def instrument(engine: Engine) -> Engine:
    """The engine with SQLite's pragmas and its two ways to begin; every other database is left as it is."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def prepare(url: str) -> None:
    """Makes the folder of a SQLite file, readable by its owner alone."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session in a transaction that may write; committed at the end. On SQLite it waits for its turn first."""
    with (
        engine.connect().execution_options(reflections_writes=True) as connection,
        connection.begin(),
        Session(connection, expire_on_commit=False) as session,
    ):
        yield session
        session.flush()


def written(engine: Engine, work: Callable[[Session], Result]) -> Result:
    """What ``work`` gives, once it is committed; run again where another transaction made it fail."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with writing(engine) as session:
                return work(session)
        except DBAPIError as failed:
            if attempt == ATTEMPTS or not gave_way(failed):
                raise
    raise AssertionError("unreachable")


def gave_way(failed: Exception) -> bool:
    """Whether the database made this transaction fail for another one's sake (:data:`_RETRIED`)."""
    return isinstance(failed, DBAPIError) and getattr(failed.orig, "sqlstate", None) in _RETRIED


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        _patience(BUSY_TIMEOUT),
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA trusted_schema=OFF",
    ):
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("reflections_writes"):
        _begin_to_write(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Waits for its turn. The patience for all else that may be busy stays as it is."""
    until = time.monotonic() + BUSY_TIMEOUT
    connection.exec_driver_sql(_patience(TURN))
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as failed:
                if not _is_busy(failed) or time.monotonic() >= until:
                    raise
    finally:
        connection.exec_driver_sql(_patience(BUSY_TIMEOUT))


def _is_busy(failed: OperationalError) -> bool:
    code = getattr(failed.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY


def _patience(seconds: float) -> str:
    return f"PRAGMA busy_timeout={int(seconds * 1000)}"
