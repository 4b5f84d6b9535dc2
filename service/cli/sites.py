"""``reflections site``: the blogs that this service takes reflections for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.cli.place import address, data_option, database, settings_of
from service.languages import DEFAULT, locales, sentence
from service.model import Site
from service.model import site as sites
from service.model.engine import written
from service.values.address import Address, BadAddress, parse
from service.values.reason import Reason

Result = TypeVar("Result")


class Base(click.ParamType[Address]):
    """An address that a site stands under."""

    name = "base_url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address, or what is wrong with it."""
        try:
            return parse(str(value))
        except BadAddress as wrong:
            self.fail(f"{value}: {sentence(Reason(wrong.code), DEFAULT)}", param, ctx)


@click.group("site", short_help="The blogs that this service takes reflections for.")
def command() -> None:
    """The blogs that this service takes reflections for: make, list and show them, renew their tokens."""


@command.command("add")
@click.argument("base_url", type=Base())
@click.option("--name", default="", help="What the dashboard calls it.")
@click.option(
    "--locale", default=DEFAULT, show_default=True, type=click.Choice(locales()), help="Its readers' language."
)
@click.option("--also", multiple=True, type=Base(), metavar="BASE_URL", help="A further address of the same site.")
@data_option
def add(base_url: Address, name: str, locale: str, also: tuple[Address, ...], data: Path | None) -> None:
    """Make a site of the pages under BASE_URL and print its tokens, once, with what goes into its pages."""
    settings = settings_of(data)
    ours = address(settings)
    with database(settings) as engine:
        site, token, read_token = _written(
            engine, lambda session: sites.add(session, [base_url, *also], datetime.now(UTC), name, locale)
        )
        told = {"id": site.id, "base_url": site.base_url, "token": token, "read_token": read_token}
    _print({**told, **endpoints(ours)})
    click.echo(_to_paste(endpoints(ours)), err=True)


@command.command("list")
@data_option
def every(data: Path | None) -> None:
    """Print all sites."""
    with database(settings_of(data)) as engine, Session(engine) as session:
        _print([_told(site) for site in sites.every(session)])


@command.command("show")
@click.argument("site")
@data_option
def show(site: str, data: Path | None) -> None:
    """Print what is known of SITE (its number or address), and what goes into its pages."""
    settings = settings_of(data)
    ours = address(settings)
    with database(settings) as engine, Session(engine) as session:
        _print({**_told(find(session, site)), **endpoints(ours)})


@command.command("token")
@click.argument("site")
@click.option("--read", is_flag=True, help="The read token, instead of the one that moderates.")
@data_option
def token(site: str, read: bool, data: Path | None) -> None:
    """Make a new token for SITE (its number or address) and print it, once. The old one ends."""
    renew = sites.renew_read_token if read else sites.renew_token
    with database(settings_of(data)) as engine:
        click.echo(_written(engine, lambda session: renew(session, find(session, site))))


def find(session: Session, named: str) -> Site:
    """The site of that number or address; ``ClickException`` where there is none."""
    if named.isascii() and named.isdigit():
        found = session.get(Site, int(named)) if len(named) < 10 else None
    else:
        found = sites.based_at(session, Base().convert(named, None, None))
    if found is None:
        raise click.ClickException(f"there is no site {named}: 'reflections site list' names them all")
    return found


def endpoints(base_url: str) -> dict[str, str]:
    """What goes into the pages of every site: the addresses for their head, and the tag that shows the thread."""
    return {
        "webmention": f"{base_url}/webmention",
        "pingback": f"{base_url}/pingback",
        "embed": f'<script async src="{base_url}/widget.js"></script>',
    }


def _to_paste(told: dict[str, str]) -> str:
    """The same for people: what goes where, as it is pasted. Programs read the other output."""
    links = [f'  <link rel="{rel}" href="{told[rel]}">' for rel in ("pingback", "webmention")]
    return "\n".join([
        "",
        "In the <head> of every post:",
        *links,
        "Where the thread shall stand:",
        f"  {told['embed']}",
        "Both tokens are shown this once: `token` lets scripts moderate, `read_token` lets them read.",
    ])  # fmt: skip


def _told(site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "base_url": site.base_url,
        "also": [prefix.url for prefix in site.prefixes if prefix.url != site.base_url],
        "name": site.name,
        "locale": site.locale,
        "created": site.created.isoformat(),
    }


def _written(engine: Engine, work: Callable[[Session], Result]) -> Result:
    try:
        return written(engine, work)
    except sites.BadSite as wrong:
        raise click.ClickException(str(wrong)) from None


def _print(what: object) -> None:
    click.echo(json.dumps(what, indent=2, ensure_ascii=False))
