"""``reflections moderator``: who may decide; added, listed and given a new password on this machine alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.cli.place import data_option, database, settings_of
from service.cli.sites import find
from service.model import Moderator, ModeratorSite, Site
from service.model.engine import written
from service.people import moderators, passwords
from service.people.roles import MODERATOR, ROLES


@click.group("moderator", short_help="Who may decide, and on which sites.")
def command() -> None:
    """Who may decide, and on which sites: add and list them, give them new passwords."""


password_option = click.option(
    "--password-stdin",
    "given",
    is_flag=True,
    help="Read the password from standard input; else one is made and printed.",
)


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=MODERATOR, show_default=True, help="An owner has every site.")
@click.option("--site", "named", multiple=True, metavar="BASE_URL", help="A site to decide on; may be repeated.")
@password_option
@data_option
def add(name: str, role: str, named: tuple[str, ...], given: bool, data: Path | None) -> None:
    """Add the moderator NAME."""
    password = _password(given)

    def work(session: Session) -> str:
        sites = [find(session, base) for base in dict.fromkeys(named)]
        return moderators.add(session, name, role, sites, password, datetime.now(UTC)).name

    with database(settings_of(data)) as engine:
        _say(_written(engine, work), password, given)


@command.command("list")
@data_option
def every(data: Path | None) -> None:
    """Print all moderators: name, role and sites, separated by tabs; an owner's sites are ``*``."""
    with database(settings_of(data)) as engine, Session(engine) as session:
        sites: dict[int, list[str]] = {}
        pairs = select(ModeratorSite.moderator_id, Site.base_url).join(Site, Site.id == ModeratorSite.site_id)
        for moderator_id, base_url in session.execute(pairs.order_by(Site.id)):
            sites.setdefault(moderator_id, []).append(base_url)
        for one in session.scalars(select(Moderator).order_by(Moderator.id)):
            where = " ".join(sites.get(one.id, ())) if one.role == MODERATOR else "*"
            click.echo(f"{one.name}\t{one.role}\t{where}")


@command.command("password")
@click.argument("name")
@password_option
@data_option
def password(name: str, given: bool, data: Path | None) -> None:
    """Give the moderator NAME a new password; all his sessions end."""
    new = _password(given)

    def work(session: Session) -> str:
        known = moderators.named(session, name)
        if known is None:
            raise moderators.BadModerator("nobody", f"there is no moderator called {name}")
        moderators.set_password(session, known, new)
        return known.name

    with database(settings_of(data)) as engine:
        _say(_written(engine, work), new, given)


def _password(given: bool) -> str:
    """The first line of standard input (typed unseen at a terminal), or one that is made."""
    if not given:
        return passwords.random()
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _say(name: str, password: str, given: bool) -> None:
    click.echo(f"{name} may sign in." if given else f"{name} may sign in with the password {password}")


def _written(engine: Engine, work: Callable[[Session], str]) -> str:
    try:
        return written(engine, work)
    except moderators.BadModerator as wrong:
        raise click.ClickException(str(wrong)) from None
