"""The pipeline as a worker has it: claims go in by the model, ``run()`` works them off, what became of them comes out.

``blog`` is a site of ours on the tests' web: its posts are pages there, so that they can be looked at.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session, selectinload, undefer

from config.settings import PREFIX, Settings, load
from service.decide.conclude import CACHED
from service.model import Event, Picture, Post, Reflection, Site
from service.model import site as sites
from service.model.engine import writing
from service.model.post import known, named
from service.model.reflection import arrive, upsert
from service.values.address import parse
from service.values.evidence import Evidence
from service.values.state import State
from tests.support.service import OPEN, SECRET, KnownSite
from tests.support.web import Web
from workers import jobs
from workers.child import Child
from workers.hands import Hands
from workers.means import Means
from workers.picture import Pictures
from workers.verify import HANDS, Run

OURS = "127.0.0.9"
"""The host of our blog."""


@pytest.fixture(scope="session")
def warm_child() -> Iterator[Child]:
    """One reading child for the whole session."""
    with Child() as child:
        yield child


@dataclass
class Pipeline:
    """A worker's pipeline on a database, and a blog of ours whose posts exist."""

    means: Means
    web: Web
    blog: KnownSite
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        return self.means.engine

    def post(self, path: str = "/post", body: str = "<title>A post</title>") -> str:
        """A post of ours, with its page on the web; its address."""
        return self.web.page(path, body, host=OURS)

    def claim(self, source: str, target: str, age: timedelta = 2 * CACHED, **columns: Any) -> int:
        """What intake writes for a pair: a new item, or a known one sent again; its id. ``age`` is since it came."""
        now = datetime.now(UTC) - age
        address = parse(source)
        with writing(self.engine) as session:
            owner = session.get_one(Site, self.blog.id)
            post = named(session, owner, parse(target), datetime.now(UTC))
            new = {
                "site_id": owner.id,
                "kind": "webmention",
                "source": address.page,
                "host": address.domain,
                "state": State.RECEIVED,
                "owner": False,
                "received": now,
                "due_at": now,
                "attempts": 0,
                "deaths": 0,
            }
            key = hashlib.sha256(address.page.encode()).hexdigest()
            [item] = upsert(session, [{"post_id": post.id, "source_key": key} | new | columns])
            arrive(session, item.id, "webmention", parse(target), None, now)
            if item.known is not None:
                again = {"due_at": datetime.now(UTC), "attempts": 0} | columns
                if item.known.state is State.FAILED:
                    again["state"] = State.RECEIVED
                session.execute(update(Reflection).where(Reflection.id == item.id).values(again))
            return item.id

    def run(self) -> int:
        """Works off what is due, in this process."""
        return Run(self.means)()

    def run_errands(self) -> int:
        """Fetches the pictures that are due, in this process."""
        return Pictures(self.means)()

    def pictures(self) -> list[Picture]:
        """What is known of authors' pictures."""
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(Picture).options(undefer(Picture.body)).order_by(Picture.id)))

    def verified(self, source: str, target: str, **columns: Any) -> Reflection:
        """What a run makes of a pair."""
        item = self.claim(source, target, **columns)
        self.run()
        return self.item(item)

    def item(self, item: int) -> Reflection:
        """An item as it is now, with its revisions, the newest first, and how it came."""
        with Session(self.engine, expire_on_commit=False) as session:
            everything = (selectinload(Reflection.revisions), selectinload(Reflection.arrivals))
            return session.get_one(Reflection, item, options=everything)

    def items(self) -> list[Reflection]:
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(Reflection).order_by(Reflection.id)))

    def evidence(self, item: Reflection) -> Evidence:
        """What was seen at the newest visit that left a revision."""
        return Evidence.from_json(item.revisions[0].evidence or {})

    def events(self, item: int) -> list[Event]:
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(Event).where(Event.reflection_id == item).order_by(Event.id)))

    def change(self, item: int, **columns: Any) -> None:
        """Lets time or a person change an item's columns."""
        with writing(self.engine) as session:
            session.execute(update(Reflection).where(Reflection.id == item).values(columns))

    def our_post(self, target: str) -> Post:
        """What is known of a post of ours."""
        with Session(self.engine, expire_on_commit=False) as session:
            found = known(session, session.get_one(Site, self.blog.id), parse(target))
            assert found is not None
            return found

    def with_limits(self, **limits: Any) -> Pipeline:
        """The same with other limits of a fetch."""
        return replace(self, means=replace(self.means, limits=replace(self.means.limits, **limits)))

    def uncrowded(self) -> Pipeline:
        """The same with more hands than any test has items: no visit is impatient, however slow the machine."""
        return replace(self, means=replace(self.means, hands=Hands(HANDS, "fetch")))


@pytest.fixture
def pipeline(settings: Settings, web: Web, warm_child: Child) -> Iterator[Pipeline]:
    """A pipeline with its blog, on either database."""
    with _pipeline(settings, web, warm_child) as pipeline:
        yield pipeline


@pytest.fixture
def sqlite_pipeline(sqlite_url: str, redis_url: str, tmp_path: Path, web: Web, warm_child: Child) -> Iterator[Pipeline]:
    """The same on SQLite alone, for what no database makes a difference to."""
    with _pipeline(_settings(sqlite_url, redis_url, tmp_path), web, warm_child) as pipeline:
        yield pipeline


@pytest.fixture
def postgresql_pipeline(
    postgresql_url: str, redis_url: str, tmp_path: Path, web: Web, warm_child: Child
) -> Iterator[Pipeline]:
    """The same on PostgreSQL alone, for what only a server can do to us."""
    with _pipeline(_settings(postgresql_url, redis_url, tmp_path), web, warm_child) as pipeline:
        yield pipeline


def _settings(database_url: str, redis_url: str, folder: Path) -> Settings:
    given = {"database_url": database_url, "redis_url": redis_url, "data_dir": str(folder), "secret_key": SECRET}
    return load({PREFIX + name: value for name, value in OPEN.items()}, base_url="http://127.0.0.1:8000", **given)


@contextmanager
def _pipeline(settings: Settings, web: Web, child: Child) -> Iterator[Pipeline]:
    stop = threading.Event()
    means = replace(jobs.means(settings, stop, hands=8), child=child)
    with writing(means.engine) as session:
        owner, token, read_token = sites.add(session, [parse(web.url("/", OURS))], datetime.now(UTC))
        blog = KnownSite(owner.id, web.url("/", OURS), token, read_token)
    yield Pipeline(means, web, blog)
    stop.set()
    means.engine.dispose()
