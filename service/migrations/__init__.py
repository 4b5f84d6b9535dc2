"""The schema's history, run by Alembic inside one transaction a step; nobody but the command line imports it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine, inspect, make_url, text

from service.model.engine import create, prepare

HERE = Path(__file__).parent

_STEP = re.compile(r"(\d{4})_\w+\.py")
"""The file of a step: its number is its revision (a test compares with Alembic, which only an upgrade waits for)."""


class WrongDatabase(RuntimeError):
    """The database can't be used as it is, with the sentence that says what to do."""


class NewerDatabase(WrongDatabase):
    """The database was made by a newer release than this one."""


def upgrade(database_url: str) -> None:
    """Brings a database to this release's schema; does nothing where it is there already.

    Raises :class:`NewerDatabase` where the database knows steps that this release does not, and
    :class:`WrongDatabase` where it can't hold every letter.
    """
    prepare(database_url)
    engine = create(database_url)
    try:
        _refuse_newer(engine)
        _refuse_encoding(engine)
        if _at(engine) != head():
            _run(engine)
    finally:
        engine.dispose()


def _run(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    with engine.connect().execution_options(reflections_writes=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require(database_url: str) -> None:
    """Passes a database that is at this release's schema; raises :class:`WrongDatabase` otherwise."""
    file = make_url(database_url).database
    if database_url.startswith("sqlite") and not Path(file or "").is_file():
        raise WrongDatabase(
            f"there is no database at {file} yet: 'reflections run' or 'reflections db upgrade' makes one"
        )
    engine = create(database_url)
    try:
        _refuse_newer(engine)
        _refuse_encoding(engine)
        if _at(engine) != head():
            raise WrongDatabase(
                "the database is of an older release: 'reflections db upgrade' brings it up to this one"
            )
    finally:
        engine.dispose()


def head() -> str:
    """The name of this release's schema."""
    return max(steps())


def steps() -> set[str]:
    """The names of all schemata that this release knows."""
    return {found[1] for file in (HERE / "versions").iterdir() if (found := _STEP.fullmatch(file.name))}


def _at(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def _refuse_newer(engine: Engine) -> None:
    revision = _at(engine)
    if revision is not None and revision not in steps():
        raise NewerDatabase(f"the database is of a newer release (schema {revision}); start that release instead")


def _refuse_encoding(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WrongDatabase(f"the database keeps text as {encoding}: make it anew with ENCODING 'UTF8'")
