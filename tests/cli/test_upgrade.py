"""``reflections db upgrade``: whole or not at all, and harmless twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from service.migrations import HERE, head, steps
from service.model import Base
from service.model.engine import create
from tests.support.commands import Said, command, environ_with
from tests.support.programs import running
from tests.support.service import SECRET, reflections
from tests.support.waiting import until

LOGGED = b"\x02\x02"
"""What the head of a SQLite file in WAL mode says (sqlite.org/fileformat2, 1.3.3)."""

OURS = set(Base.metadata.tables) | {"alembic_version"}


class Empty:
    """A database with nothing in it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environ = environ_with(
            DATABASE_URL=url,
            DATA_DIR=str(folder),
            SECRET_KEY=SECRET,
            BASE_URL="https://reflections.example",
            REDIS_URL="redis://127.0.0.1:1",
        )
        self.engine = create(url, isolation_level="AUTOCOMMIT")
        self._log = folder / "upgrade.log"

    def upgrade(self) -> Said:
        return command("db", "upgrade", environ=self.environ)

    def upgrade_killed_as_soon_as(self, half_way: Callable[[], bool]) -> None:
        with running([reflections(), "db", "upgrade"], self._log, self.environ) as process:
            until(lambda: half_way() or process.poll() is not None, 30, "it does not come half-way", pause=0.001)
            assert process.poll() is None, self._log.read_text()
            process.kill()
            process.wait()

    def tables(self) -> set[str]:
        return set(inspect(self.engine).get_table_names())

    def is_made_by_the_next(self) -> None:
        """Nothing is left of the one before; the next makes all, and another changes nothing."""
        assert not self.tables() & OURS
        for _ in range(2):
            said = self.upgrade()
            assert (said.status, said.out) == (0, f"The database is at schema {head()}.\n"), said
            assert self.tables() >= OURS
        self.engine.dispose()


def test_its_steps_are_those_that_alembic_knows() -> None:
    scripts = ScriptDirectory(str(HERE))
    assert {script.revision for script in scripts.walk_revisions()} == steps()
    assert scripts.get_current_head() == head()


def test_killed_half_way_it_leaves_nothing_on_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "reflections.db"
    empty = Empty(f"sqlite:///{file}", tmp_path)

    def writing() -> bool:
        """Somebody has the file's one lock for who writes. Nobody may touch it before it has a log: who has just begun
        to make one waits for nobody."""
        if not file.exists() or file.read_bytes()[18:20] != LOGGED:
            return False
        with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False

    empty.upgrade_killed_as_soon_as(writing)
    empty.is_made_by_the_next()


def test_killed_half_way_it_leaves_nothing_on_postgresql(
    tmp_path: Path, make_postgresql_database: Callable[[str], str]
) -> None:
    """The server stands still where the table of events is made, so that it is killed just there."""
    empty = Empty(make_postgresql_database("ENCODING 'UTF8' TEMPLATE template0"), tmp_path)
    with empty.engine.connect() as connection:
        connection.execute(
            text("""
            CREATE FUNCTION half_way() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
              IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.event') THEN
                PERFORM pg_sleep(60);
              END IF;
            END $$
            """)
        )
        connection.execute(text("CREATE EVENT TRIGGER half_way ON ddl_command_end EXECUTE FUNCTION half_way()"))
        asleep = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
        empty.upgrade_killed_as_soon_as(lambda: connection.scalar(asleep) is not None)
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": connection.scalar(asleep)})
        connection.execute(text("DROP EVENT TRIGGER half_way"))
    empty.is_made_by_the_next()


def test_a_database_that_can_not_keep_every_letter_is_refused(
    tmp_path: Path, make_postgresql_database: Callable[[str], str]
) -> None:
    ascii_alone = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    empty = Empty(make_postgresql_database(ascii_alone), tmp_path)
    assert "keeps text as SQL_ASCII: make it anew with ENCODING 'UTF8'" in empty.upgrade().complaint
    assert "keeps text as SQL_ASCII" in command("web", environ=empty.environ).complaint
