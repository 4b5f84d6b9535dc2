"""The schema's history, run by Alembic inside one transaction a step; nobody but the command line imports it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url, text

from service.model.engine import create, prepare

HERE = Path(__file__).parent


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
        config = _config()
        with engine.connect().execution_options(reflections_writes=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


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
        if _at(engine) != (head(),):
            raise WrongDatabase(
                "the database is of an older release: 'reflections db upgrade' brings it up to this one"
            )
    finally:
        engine.dispose()


def head() -> str:
    """The name of this release's schema."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def _at(engine: Engine) -> tuple[str, ...]:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_heads()


def _refuse_newer(engine: Engine) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    for revision in _at(engine):
        if revision not in known:
            raise NewerDatabase(f"the database is of a newer release (schema {revision}); start that release instead")


def _refuse_encoding(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WrongDatabase(f"the database keeps text as {encoding}: make it anew with ENCODING 'UTF8'")
