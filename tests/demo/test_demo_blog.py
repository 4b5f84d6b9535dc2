"""When the embedded run has a demo, where it stands, and what it opens for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from config.settings import PREFIX, Settings, load
from service.cli import demo_blog
from service.cli.demo_blog import DemoBlog
from service.demo import installed
from service.demo.blog import TOKEN
from service.front.listen import listen
from service.model import site as sites
from service.model.engine import create, writing
from service.values.address import parse
from tests.support.waiting import free_port, free_ports

Begin = Callable[..., DemoBlog | None]


@pytest.fixture
def embedded(sqlite_url: str, tmp_path: Path) -> Settings:
    """The settings of somebody who tries it."""
    return settings_on(sqlite_url, tmp_path)


def settings_on(database_url: str, folder: Path, base_url: str = "http://127.0.0.1:8000") -> Settings:
    given = {"DATABASE_URL": database_url, "DATA_DIR": str(folder), "BASE_URL": base_url, "SECRET_KEY": "s" * 32}
    return load({PREFIX + name: value for name, value in given.items()})


@pytest.fixture
def begin() -> Iterator[Begin]:
    """``begin(settings, port)``: what a run begins with; its socket is closed at the end."""
    begun: list[DemoBlog] = []

    def begin(settings: Settings, port: int) -> DemoBlog | None:
        demo = demo_blog.begin(settings, port)
        begun.extend([demo] if demo else [])
        return demo

    yield begin
    for demo in begun:
        with suppress(OSError):
            demo.listening.close()


def standing(settings: Settings) -> str | None:
    """Where the database says that the demo is."""
    engine = create(settings.database)
    with Session(engine) as session:
        site = installed.find(session)
        where = site.base_url if site else None
    engine.dispose()
    return where


def test_a_first_start_puts_it_on_the_next_port(embedded: Settings, begin: Begin) -> None:
    port = free_ports(3)
    demo = begin(embedded, port)
    assert demo is not None
    assert demo.listening.getsockname() == ("127.0.0.1", port + 1)
    assert standing(embedded) == f"http://127.0.0.1:{port + 1}/"
    assert (embedded.data_dir / "demo").is_dir()


def test_where_the_next_port_is_taken_it_takes_the_one_after(embedded: Settings, begin: Begin) -> None:
    port = free_ports(3)
    with closing(listen("127.0.0.1", port + 1)):
        begin(embedded, port)
    assert standing(embedded) == f"http://127.0.0.1:{port + 2}/"


def test_a_later_start_serves_it_where_it_stands(embedded: Settings, begin: Begin) -> None:
    first = begin(embedded, free_port())
    assert first is not None
    where = first.listening.getsockname()
    first.listening.close()
    again = begin(embedded, free_port())
    assert again is not None
    assert again.listening.getsockname() == where


def test_where_its_port_is_taken_it_is_not_served(embedded: Settings, begin: Begin) -> None:
    assert begin(embedded, free_port()) is not None
    assert begin(embedded, free_port()) is None
    assert standing(embedded) is not None


def test_production_has_none(postgresql_url: str, tmp_path: Path, begin: Begin) -> None:
    settings = settings_on(postgresql_url, tmp_path)
    assert begin(settings, free_port()) is None
    assert standing(settings) is None


@pytest.mark.parametrize("base_url", ["https://reflections.example", "http://192.168.1.5:8000"])
def test_a_public_address_has_none(sqlite_url: str, tmp_path: Path, begin: Begin, base_url: str) -> None:
    settings = settings_on(sqlite_url, tmp_path, base_url)
    assert begin(settings, free_port()) is None
    assert standing(settings) is None


@pytest.mark.parametrize("base_url", ["http://localhost:8000", "http://[::1]:8000"])
def test_other_names_of_this_machine_have_one(sqlite_url: str, tmp_path: Path, begin: Begin, base_url: str) -> None:
    assert begin(settings_on(sqlite_url, tmp_path, base_url), free_port()) is not None


def test_whoever_has_a_site_already_gets_none(embedded: Settings, begin: Begin) -> None:
    engine = create(embedded.database)
    with writing(engine) as session:
        sites.add(session, [parse("https://blog.example/")], datetime.now(UTC))
    engine.dispose()
    assert begin(embedded, free_port()) is None


def test_those_who_fetch_may_reach_its_one_address_and_what_they_might_before(embedded: Settings, begin: Begin) -> None:
    demo = begin(embedded, free_port())
    assert demo is not None
    port = demo.listening.getsockname()[1]
    name = PREFIX + "FETCH_ALLOW"
    assert demo.allowed({})[name] == f"127.0.0.1/32:{port}"
    assert demo.allowed({name: ""})[name] == f"127.0.0.1/32:{port}"
    assert demo.allowed({name: "10.1.0.0/16"})[name] == f"10.1.0.0/16,127.0.0.1/32:{port}"
    (allowed,) = load({**demo.allowed({}), PREFIX + "DATA_DIR": "x"}).fetch_allow
    assert (str(allowed.network), allowed.port) == ("127.0.0.1/32", port)


def test_its_process_is_given_none_of_our_settings(
    embedded: Settings, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "SECRET_KEY", "s" * 32)
    demo = begin(embedded, free_port())
    assert demo is not None
    child = demo.child(embedded.base_url)
    assert not [name for name in child.env if name.startswith(PREFIX)]
    assert child.env[TOKEN] == demo.token
    assert os.environ[PREFIX + "SECRET_KEY"] not in child.env.values()


def test_once_the_service_has_a_public_address_the_demo_is_served_no_more(
    begin: Begin, embedded: Settings, sqlite_url: str, tmp_path: Path
) -> None:
    assert begin(embedded, free_port()) is not None
    assert begin(settings_on(sqlite_url, tmp_path, "https://reflections.example"), free_port()) is None
