"""The schema's history, run by Alembic inside one transaction a step; nobody but the command line imports it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from service.model.engine import create, prepare

HERE = Path(__file__).parent


class NewerDatabase(RuntimeError):
    """The database was made by a newer release than this one."""


def upgrade(database_url: str) -> None:
    """Brings a database to this release's schema; does nothing where it is there already.

    Raises :class:`NewerDatabase` where the database knows steps that this release does not.
    """
    prepare(database_url)
    engine = create(database_url)
    try:
        _refuse_newer(engine)
        config = _config()
        with engine.connect().execution_options(reflections_writes=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def _refuse_newer(engine: Engine) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    with engine.connect() as connection:
        for revision in MigrationContext.configure(connection).get_current_heads():
            if revision not in known:
                raise NewerDatabase(
                    f"the database is of a newer release (schema {revision}); start that release instead"
                )
