"""``reflections web``: the door and Flask behind it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import click

from config.settings import Settings
from service.cli import log
from service.cli.parent import die_with_parent
from service.cli.place import address, data_option, settings_of
from service.cli.schema import check_schema
from service.front.door import Door
from service.front.listen import listen, serve


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--fd", type=int, help="Number of an inherited socket that listens already.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="On SQLite: one.")
@data_option
def command(host: str, port: int, fd: int | None, processes: int, data: Path | None) -> None:
    """Answer requests, until told to stop."""
    log.begin()
    settings = settings_of(data)
    address(settings)
    if settings.embedded_database and processes > 1:
        raise click.ClickException("a SQLite database takes one web process; PostgreSQL takes several")
    check_schema(settings)
    listening = open_port(host, port) if fd is None else socket.socket(fileno=fd)
    parent = os.getpid()

    def door() -> Door:
        die_with_parent(parent)
        return make_door(settings)

    serve(door, listening, processes, log.SETTINGS)


def make_door(settings: Settings) -> Door:
    """The whole web side: the pages, and the door before them."""
    from service.app import create_app

    log.begin()
    app = create_app(settings)
    return Door(
        app,
        settings.base_url,
        trusted_proxies=settings.trusted_proxies,
        registry=app.extensions["metrics"],
    )


def open_port(host: str, port: int) -> socket.socket:
    """A socket that listens there, or one line that says why not."""
    try:
        return listen(host, port)
    except OSError as refused:
        raise click.ClickException(
            f"can't listen on {host}:{port}: {refused.strerror or refused}; choose another --port"
        ) from None
