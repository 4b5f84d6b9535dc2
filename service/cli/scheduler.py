"""``reflections scheduler``: rings the workers for whatever is due."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click

from service.cli import log
from service.cli.place import data_option, settings_of
from service.cli.schema import check_schema
from service.cli.told import set_when_told


@click.command("scheduler")
@data_option
def command(data: Path | None) -> None:
    """Ring the workers every few seconds if something is due. Two of them do no harm."""
    log.begin()
    settings = settings_of(data)
    check_schema(settings)
    from workers import sweep

    stop = Event()
    set_when_told(stop)
    sweep.run(settings, stop)
