"""One database of each kind, with its engine and its apps, for all tests of a process: to empty one costs a tenth of
what a new one does, and every statement is compiled already.

A room whose tests ask for no more than an empty database takes the fixtures of ``tests.support.emptied`` into its
``conftest.py``. Who stops, locks or upgrades his database, or looks into its folder, has his own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from config.settings import Settings
from service import bell
from service.database import Kind
from service.model.engine import create
from tests.support.service import new_app

MANY = 100
"""So often a database is emptied before it is made anew: what was deleted still takes room."""

_NOTHING: Kind[None, None] = Kind(lambda session, works: works)


@dataclass(frozen=True)
class _Resting:
    """An app that no test has now, and since when."""

    of: tuple[object, ...]
    since: float
    app: Flask


class Kept:
    """A database, an engine on it, and apps: those of other settings, and those whose bell was rung just now."""

    def __init__(self, url: str, empty: Callable[[], None]) -> None:
        self.url, self.empty, self.engine = url, empty, create(url)
        self._resting = list[_Resting]()

    def take(self, settings: Settings, ping_seconds: float) -> tuple[tuple[object, ...], Flask]:
        """An app with these settings, which has heard of nothing for as long as a bell remembers."""
        of = (settings.model_dump_json(exclude={"data_dir"}), ping_seconds)
        rested = time.monotonic() - bell.PAUSE
        found = next((one for one in self._resting if one.of == of and one.since < rested), None)
        if found is None:
            return of, new_app(settings, ping_seconds)
        self._resting.remove(found)
        return of, found.app

    def give_back(self, of: tuple[object, ...], app: Flask) -> None:
        """Once it has written all that it was to write."""
        app.extensions["reflections-writer-behind"].write(_NOTHING, None)
        if self.engine.dialect.name == "sqlite":
            with app.app_context():
                app.extensions["sqlalchemy"].engine.dispose()
        self._resting.append(_Resting(of, time.monotonic(), app))

    def close(self) -> None:
        self.engine.dispose()
        for one in self._resting:
            with one.app.app_context():
                one.app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture(scope="session")
def kept_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """In a file: where it is copied anew, nothing has it open."""
    path = tmp_path_factory.mktemp("kept") / "reflections.db"

    def empty() -> None:
        kept.engine.dispose()
        for one in path.parent.iterdir():
            one.unlink()
        shutil.copy(migrated_sqlite, path)

    with closing(Kept(f"sqlite:///{path}", empty)) as kept:
        yield kept


@pytest.fixture(scope="session")
def kept_postgresql(postgresql_server: Engine) -> Iterator[Kept]:
    """On the server: its rows go and its numbers begin anew; who holds on to something is torn off."""
    url = postgresql_server.url.set(database="kept").render_as_string(hide_password=False)
    emptied = MANY

    def empty() -> None:
        nonlocal emptied
        with postgresql_server.connect() as connection:
            if (emptied := emptied + 1) > MANY:
                emptied = 0
                connection.execute(text("DROP DATABASE IF EXISTS kept WITH (FORCE)"))
                connection.execute(text("CREATE DATABASE kept TEMPLATE template_reflections"))
                return
            connection.execute(text(TEAR_OFF))
        with kept.engine.begin() as connection:
            connection.execute(text(EMPTY))

    with closing(Kept(url, empty)) as kept:
        yield kept


TEAR_OFF = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'kept' AND state <> 'idle'"

EMPTY = """
DO $$
DECLARE
    one text;
    filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT format('%I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
        IF filled THEN
            EXECUTE 'DELETE FROM ' || one;
        END IF;
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL;
END
$$
"""


@pytest.fixture
def kept(database_url: str, request: pytest.FixtureRequest) -> Kept:
    """What is kept with the database of this test."""
    kept: Kept = request.getfixturevalue("kept_sqlite" if database_url.startswith("sqlite") else "kept_postgresql")
    return kept
