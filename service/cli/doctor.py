"""``reflections doctor``: looks at everything that the service stands on, and says what is wrong with it."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from config.settings import Settings
from service.cli import first_line
from service.cli.place import data_option, database, settings_of
from service.migrations import WrongDatabase, head
from service.model import Event, Reflection, Site

PATIENCE = 5.0
"""Seconds for each that is asked."""

APART = timedelta(seconds=5)
"""Clocks that differ by more disagree about what is due."""

ROOM = 200 * 1024 * 1024
"""Bytes that should be free where SQLite and Redis write."""


class Wrong(Exception):
    """What is wrong, as one line."""


def settings(of: Settings) -> str:
    """Which database, and that nobody else can read the key that signs."""
    key = of.data_dir / "secret_key"
    if not of.secret_key and key.exists() and key.stat().st_mode & 0o077:
        raise Wrong(f"others can read {key}: chmod 600 it")
    if not of.base_url:
        raise Wrong("REFLECTIONS_BASE_URL is not set: the address at which the service is reached")
    return f"{'SQLite in ' + str(of.data_dir) if of.embedded_database else 'PostgreSQL'}, at {of.base_url}"


def database_(of: Settings) -> str:
    """Its schema, its integrity (SQLite), and how much is in it."""
    with database(of) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            broken = connection.scalars(text("PRAGMA integrity_check(1)")).one()
            if broken != "ok":
                raise Wrong(f"the file is damaged: {broken}")
            if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                raise Wrong("the file is damaged: rows name others that are not there")
        sites, items = (connection.scalar(select(func.count()).select_from(table)) for table in (Site, Reflection))
    return f"schema {head()}, sites {sites}, reflections {items}"


def redis_(of: Settings) -> str:
    """Whether it answers, and takes what it is told."""
    connection = _redis(of)
    try:
        connection.set("reflections:doctor", 1, px=1000)
        workers = connection.scard("rq:workers")
    except redis.RedisError as away:
        raise Wrong(first_line(away)) from None
    finally:
        connection.close()
    if not workers:
        raise Wrong("it answers, but no worker is registered: start 'reflections worker verify'")
    return f"it answers, workers {workers}"


def clock(of: Settings) -> str:
    """Whether it agrees with the database's and with Redis', and with what is recorded already."""
    now = datetime.now(UTC)
    for whose, time in _other_clocks(of):
        if abs(time - now) > APART:
            raise Wrong(f"it differs from {whose} by {abs(time - now).total_seconds():.0f} seconds")
    newest = _newest(of)
    if newest is not None and newest - now > APART:
        raise Wrong(f"it says {now:%Y-%m-%d %H:%M} UTC, but something was recorded on {newest:%Y-%m-%d %H:%M}")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def disk(of: Settings) -> str:
    """Whether there is room in the data folder."""
    if not of.data_dir.is_dir():
        if of.embedded_database:
            raise Wrong(f"there is no folder {of.data_dir}")
        return "nothing is kept here"
    free = shutil.disk_usage(of.data_dir).free
    if free < ROOM:
        raise Wrong(f"only {free // 2**20} MiB are free in {of.data_dir}")
    return f"{free // 2**20} MiB are free in {of.data_dir}"


def web(of: Settings) -> str:
    """Whether the service answers at its public address."""
    if not of.base_url:
        raise Wrong("its address is not set")
    asked = f"{of.base_url}/readyz"
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE):  # noqa: S310 - our own address, http or https
            return f"{asked} answers"
    except urllib.error.HTTPError as refusal:
        with refusal:
            said = refusal.read(500).decode(errors="replace").strip()
        raise Wrong(f"{asked} answers {refusal.code}: {said}") from None
    except OSError as away:
        raise Wrong(f"{asked} does not answer: {getattr(away, 'reason', away)}") from None


CHECKS: Mapping[str, Callable[[Settings], str]] = {
    "settings": settings,
    "database": database_,
    "Redis": redis_,
    "clock": clock,
    "disk": disk,
    "web": web,
}


@click.command("doctor")
@data_option
def command(data: Path | None) -> None:
    """Look at settings, database, Redis, clock, disk and web; exit 1 where something is wrong."""
    found = settings_of(data)
    ill = 0
    for name, check in CHECKS.items():
        try:
            click.echo(f"ok     {name:<9} {check(found)}")
        except (Wrong, WrongDatabase) as wrong:
            said = str(wrong)
        except DBAPIError as failed:
            said = first_line(failed.orig)
        else:
            continue
        click.echo(f"wrong  {name:<9} {' '.join(said.split())}")
        ill += 1
    if ill:
        raise click.ClickException(f"{ill} of {len(CHECKS)} things are wrong")


def _other_clocks(of: Settings) -> Iterator[tuple[str, datetime]]:
    """Those of the servers that can be reached; whether they can has a line of its own."""
    if not of.embedded_database:
        with suppress(WrongDatabase, DBAPIError), database(of) as engine, engine.connect() as connection:
            yield "the database's", connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    with suppress(redis.RedisError), closing(_redis(of)) as asked:
        seconds, micros = asked.time()
        yield "Redis'", datetime.fromtimestamp(seconds + micros / 1e6, UTC)


def _newest(of: Settings) -> datetime | None:
    with suppress(WrongDatabase, DBAPIError), database(of) as engine, Session(engine) as session:
        return session.scalar(select(Event.at).order_by(Event.id.desc()).limit(1))
    return None


def _redis(of: Settings) -> redis.Redis:
    return redis.Redis.from_url(of.redis, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
