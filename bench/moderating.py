"""Moderating: the pages of a dashboard with a million items behind it, on both databases, as the server makes them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Engine

from bench import crowd, ours
from bench.scale import Scale
from bench.table import Row, Section, at_most
from config.settings import PREFIX, load
from service.app import create_app
from service.migrations import upgrade
from service.model.engine import create, writing
from service.people import moderators
from tests.support.databases import on, postgresql
from tests.support.desk import Dashboard
from tests.support.service import SECRET, SignIn

ASKED = 20
"""Times that each page is asked for."""

DEEP = 2000
"""Pages that were turned before the deep one."""

PAGE = 50
TARGET = 100.0
"""Milliseconds."""


def measure(scale: Scale, folder: Path) -> Section:
    """Every row of moderating, on one database after the other."""
    rows: list[Row] = []
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        place = folder / name
        (place / "data").mkdir(parents=True)
        with ExitStack() as stack:
            url = stack.enter_context(database(place))
            engine = create(url)
            began = time.monotonic()
            crowd.fill(engine, scale.items)
            filled = time.monotonic() - began
            dashboard = _dashboard(engine, url, stack.enter_context(ours.private(place / "data")), place)
            rows.append(Row(f"{name}: {scale.items:,} items made", (filled,), "s"))
            rows += [_asked(dashboard, f"{name}: {what}", query) for what, query in _pages(scale.items).items()]
            engine.dispose()
    return Section("Moderating", rows, ["a page with fifty items, without the network; the slowest of twenty in p99"])


def _pages(many: int) -> Mapping[str, str]:
    deep = max(many - DEEP * PAGE, many // 2)
    return {
        "what waits": "",
        "everything, page 1": "?state=all",
        f"everything, page {(many - deep) // PAGE:,}": f"?state=all&after={deep}",
        "spam, page 1": "?state=spam",
        "a rare word": f"?state=all&q={crowd.RARE}",
        "a frequent word": f"?state=all&q={crowd.FREQUENT}",
        "a frequent word, from the middle": f"?state=all&q={crowd.FREQUENT}&after={many // 2}",
        "a word that nobody wrote": f"?state=all&q={crowd.ABSENT}",
        "a word of an old wave": f"?state=all&q={crowd.WAVE}",
        "the same among what is approved": f"?state=approved&q={crowd.WAVE}",
        "two frequent words, one begun": f"?state=all&q={crowd.FREQUENT}+r17",
        "a frequent word among what waits": f"?state=waiting&q={crowd.FREQUENT}",
        "a host of a quarter": f"?state=all&host={crowd.SHARED}",
        "a host of few": "?state=all&host=host-77.example",
        "a frequent word from a host of few": f"?state=all&q={crowd.FREQUENT}&host=host-77.example",
        "an author": "?state=all&author=reader+777",
        "a post of many": "?state=all&post=1",
        "posts by a word": "?state=all&post=number+777",
        "a rare way in": "?state=all&kind=trackback",
        "replies that were rejected": "?state=rejected&type=reply",
        "a day": "?state=all&since=2025-02-03&until=2025-02-03",
        "spam of a year ago": "?state=spam&until=2025-03-01",
        "a frequent word of a year ago": f"?state=all&q={crowd.FREQUENT}&until=2025-03-01",
        "a site": "?state=all&site=1",
    }


def _asked(dashboard: Dashboard, what: str, query: str) -> Row:
    times = [_once(dashboard, query) for _ in range(ASKED)]
    row = Row(what, tuple(times), "ms", p50=quantiles(times)[1], p99=max(times))
    return row.aiming(at_most(TARGET, "ms", quantiles(times, n=20)[-1], "19 of 20"))


def _once(dashboard: Dashboard, query: str) -> float:
    began = time.perf_counter()
    answer = dashboard.read(f"/admin/{query}")
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took * 1000


def _dashboard(engine: Engine, url: str, redis: str, folder: Path) -> Dashboard:
    who = SignIn("Olga", "olga's own pass phrase")
    with writing(engine) as session:
        moderators.add(session, who.name, "owner", (), who.password, datetime.now(UTC))
    told = {"DATABASE_URL": url, "REDIS_URL": redis, "DATA_DIR": str(folder / "data"), "SECRET_KEY": SECRET}
    settings = load({PREFIX + name: value for name, value in (told | {"BASE_URL": "http://127.0.0.1:8000"}).items()})
    dashboard = Dashboard(create_app(settings).test_client())
    assert dashboard.sign_in(who).status_code == 303
    return dashboard


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    url = f"sqlite:///{folder / 'reflections.db'}"
    upgrade(url)
    yield url


@contextmanager
def _postgresql(_folder: Path) -> Iterator[str]:
    with postgresql() as server, on(server, "postgres") as engine:
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE crowd ENCODING 'UTF8' TEMPLATE template0")
        url = engine.url.set(database="crowd").render_as_string(hide_password=False)
        upgrade(url)
        yield url
