"""``reflections demo``: the demo blog that a first start brings along."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from service.cli.demo_blog import folder_of_demo
from service.cli.place import data_option, database, settings_of
from service.demo import installed
from service.model.engine import written
from service.model.site import BadSite
from service.values.address import Address, parse


@click.group("demo", short_help="The demo blog that a first start brings along.")
def command() -> None:
    """The demo blog that a first start brings along: remove it, or put it in again."""


@command.command("remove")
@data_option
def remove(data: Path | None) -> None:
    """Remove the demo blog with all its posts and reflections. A running one answers "gone" from now on."""
    settings = settings_of(data)
    with database(settings) as engine:
        removed = written(engine, installed.remove)
    shutil.rmtree(folder_of_demo(settings), ignore_errors=True)
    click.echo("The demo is removed." if removed else "There is no demo here.")


@command.command("add")
@click.option(
    "--port", default=8001, show_default=True, type=click.IntRange(1, 65535), help="Where the demo blog is to stand."
)
@data_option
def add(port: int, data: Path | None) -> None:
    """Put the demo blog in; the next "reflections run" serves it, on 127.0.0.1 alone."""
    base = parse(f"http://127.0.0.1:{port}/")
    with database(settings_of(data)) as engine:
        try:
            written(engine, lambda session: _add(session, base))
        except BadSite as wrong:
            raise click.ClickException(str(wrong)) from None
    click.echo(f"The demo is put in: the next 'reflections run' serves it at {base.url}.")


def _add(session: Session, base: Address) -> None:
    if (there := installed.find(session)) is not None:
        raise BadSite(f"the demo is at {there.base_url} already")
    installed.install(session, base, datetime.now(UTC))
