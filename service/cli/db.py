"""``reflections db``: the database's schema."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli import log
from service.cli.place import data_option, settings_of
from service.migrations import head, upgrade


@click.group("db", short_help="The database's schema.")
def command() -> None:
    """The database's schema."""


@command.command("upgrade")
@data_option
def up(data: Path | None) -> None:
    """Bring the database to this release's schema, or make it. Does nothing where it is there already."""
    log.begin()
    upgrade(settings_of(data).database)
    click.echo(f"The database is at schema {head()}.")
