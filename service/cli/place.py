"""Where a command works: the data folder, what the run in it settled, and the database.

``reflections run`` settles some things by itself (its own address, above all). A command that is typed beside it
should not have to be told them again, so they are kept in the data folder; what the environment says goes before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Engine

from config.settings import PREFIX, Settings, load
from service.migrations import require
from service.model.engine import create

SETTLED = "run.json"
"""The file of what a run settled: names of settings and their values, no secrets."""

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """``--data``: the data folder, as ``make run`` takes it."""
    return click.option(
        "--data",
        envvar="DATA",
        type=click.Path(path_type=Path),
        help="Data folder.  [default: REFLECTIONS_DATA_DIR, or ./var]",
    )(command)


def folder_of(data: Path | None) -> Path:
    """The data folder: what was given, else what the environment says, else ``./var``."""
    named = os.environ.get(PREFIX + "DATA_DIR") or Settings.model_fields["data_dir"].default
    return Path(data or named).absolute()


def environ_of(data: Path | None) -> dict[str, str]:
    """The environment of a command, with what the run in that folder settled beneath it."""
    folder = folder_of(data)
    return {**recall(folder), **os.environ, PREFIX + "DATA_DIR": str(folder)}


def settings_of(data: Path | None) -> Settings:
    """The settings of a command."""
    return load(environ_of(data))


def remember(folder: Path, settled: Mapping[str, str]) -> None:
    """Keep in the folder what a run has settled; whole or not at all."""
    new = folder / f"{SETTLED}.new"
    new.write_text(json.dumps(dict(settled), indent=1))
    new.replace(folder / SETTLED)


def recall(folder: Path) -> dict[str, str]:
    """What the last run in this folder settled; nothing where there was none."""
    try:
        said = json.loads((folder / SETTLED).read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The database, if it is one of this release; raises :class:`service.migrations.WrongDatabase` otherwise."""
    require(settings.database)
    engine = create(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


def address(settings: Settings) -> str:
    """The service's public address, which a command needs that prints addresses."""
    if not settings.base_url:
        raise click.ClickException(f"{PREFIX}BASE_URL must be set: the address at which the service is reached")
    return settings.base_url
