"""``reflections run``: the whole service on one machine, its parts as supervised children.

Each part is the real one, started by the same command that starts it elsewhere. A part that dies, however it dies, is
started again; the listening socket is ours, so clients who come meanwhile wait a moment. All end with us, even if we
are killed.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import click

from config.settings import PREFIX, Settings, load
from service.cli import children, data_folder, demo_blog, log, private_redis
from service.cli.place import data_option, folder_of, remember
from service.cli.supervisor import Supervisor
from service.cli.web import open_port
from service.migrations import upgrade


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65534), help="Port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Verification workers.")
@data_option
def command(host: str, port: int, workers: int, data: Path | None) -> None:
    """Run the whole service here: web, workers, scheduler and a private Redis. Ctrl-C stops it."""
    log.begin()
    os.umask(0o077)  # whatever is made from here on is its owner's alone
    folder = folder_of(data)
    environ = _environ(folder, host, port)
    settings = load(environ)
    try:
        held = data_folder.take(folder)
    except data_folder.InUse as refused:
        raise click.ClickException(str(refused)) from None
    with held, closing(open_port(host, port)) as listening:
        remember(folder, {PREFIX + "BASE_URL": settings.base_url})
        supervisor = Supervisor()
        try:
            _run(supervisor, settings, environ, listening, workers)
        finally:
            listening.close()
            supervisor.stop()


def _environ(folder: Path, host: str, port: int) -> dict[str, str]:
    """The environment of the children: ours, and what the embedded run settles."""
    ours = {name: value for name, value in os.environ.items() if name not in ("DATA", "PORT")}
    here = f"[{_reached(host)}]" if ":" in host else _reached(host)
    return {PREFIX + "BASE_URL": f"http://{here}:{port}", **ours, PREFIX + "DATA_DIR": str(folder)}


def _reached(host: str) -> str:
    """An address at which a server that listens on ``host`` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _run(
    supervisor: Supervisor, settings: Settings, environ: Mapping[str, str], listening: socket.socket, workers: int
) -> None:
    upgrade(settings.database)
    if not settings.redis_url:
        path = settings.data_dir / "redis" / "redis.sock"
        try:
            argv = private_redis.command(path)
        except private_redis.PathTooLong as wrong:
            raise click.ClickException(str(wrong)) from None
        supervisor.start(children.redis(argv, environ))
        if not supervisor.watch(lambda: private_redis.answers(path)):
            return
    address = listening.getsockname()
    demo = demo_blog.begin(settings, address[1])
    for child in children.parts(demo.allowed(environ) if demo else environ, listening.fileno(), workers):
        supervisor.start(child)
    if demo:
        supervisor.start(demo.child(settings.base_url))
    if supervisor.watch(lambda: _ready(address)):
        from service.cli.first import first_owner  # knows the people's pages, for which no start waits

        _greet(settings, first_owner(settings), demo is not None)  # made where his password is sure to be shown
        supervisor.watch()


def _ready(address: tuple[str, int]) -> bool:
    """Whether the service answers, with its database and Redis."""
    line = http.client.HTTPConnection(_reached(address[0]), address[1], timeout=1)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _greet(settings: Settings, owner: tuple[str, str] | None, demo: bool) -> None:
    base = settings.base_url
    click.echo("Reflections is running. Ctrl-C stops it.")
    click.echo(f"  dashboard   {base}/admin/")
    if owner is not None:
        name, password = owner
        click.echo(f"  sign in as  {name}, password {password}  (shown this once)")
    if demo:
        click.echo(f"  demo        {base}/demo/")
    click.echo(f"  webmention  {base}/webmention")
    click.echo(f"  pingback    {base}/pingback")
    click.echo(f"  data        {settings.data_dir}")
    command = Path(sys.executable).with_name("reflections")
    click.echo(f"  your site   {command} site add https://your.blog/ --data {settings.data_dir}")
