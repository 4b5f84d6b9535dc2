"""The scheduler rings for what is due, whatever else did not, and says once that something is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
import structlog
from sqlalchemy import func, select
from structlog.typing import EventDict

from service.model import Post, Published
from service.model.engine import writing
from tests.support.fetching import NOWHERE
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from workers import sweep


@dataclass(frozen=True)
class Places:
    database: str
    redis: str


class Stop(threading.Event):
    """Counts how often the loop has rested."""

    rests = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.rests += 1
        return super().wait(timeout)

    def after(self, rests: int) -> None:
        """Lets the loop look so many times more."""
        so_far = self.rests
        until(lambda: self.rests > so_far + rests, 20, "the loop stands still")


@contextmanager
def sweeping(places: Places) -> Iterator[Stop]:
    stop = Stop()
    loop = threading.Thread(target=sweep.run, args=(places, stop, 0.05))
    loop.start()
    try:
        yield stop
    finally:
        stop.set()
        loop.join(10)
        assert not loop.is_alive()


def places(pipeline: Pipeline, redis_url: str) -> Places:
    return Places(pipeline.engine.url.render_as_string(hide_password=False), redis_url)


def said(logs: list[EventDict]) -> list[str]:
    return [line["event"] for line in logs]


def test_it_rings_for_what_is_due_and_two_of_them_ring_no_more(pipeline: Pipeline, redis_url: str) -> None:
    connection = redis.Redis.from_url(redis_url)
    with sweeping(places(pipeline, redis_url)) as one, sweeping(places(pipeline, redis_url)) as other:
        one.after(3)
        other.after(3)
        assert connection.llen("rq:queue:verify") == 0
        pipeline.claim(pipeline.web.page("/source", "x"), pipeline.post())
        until(lambda: connection.llen("rq:queue:verify"), 10, "nobody rings")
        assert connection.llen("rq:queue:verify") == 1


def test_it_is_silent_for_what_is_held_and_for_what_waits_for_a_look(pipeline: Pipeline) -> None:
    from workers import due

    pipeline.claim(pipeline.web.page("/source", "x"), pipeline.post())
    now = datetime.now(UTC)
    assert due.anything(pipeline.engine, now)
    [look] = due.claim_looks(pipeline.engine, 10, now)
    assert not due.anything(pipeline.engine, now)
    due.give_back(pipeline.engine, [look], now + timedelta(seconds=5))
    assert not due.anything(pipeline.engine, now)
    assert due.anything(pipeline.engine, now + timedelta(seconds=31))


def test_redis_away_is_said_once(pipeline: Pipeline) -> None:
    with structlog.testing.capture_logs() as logs:
        with sweeping(places(pipeline, NOWHERE)) as loop:
            loop.after(5)
        assert said(logs) == ["the sweep can't reach Redis"]


def test_a_database_that_goes_and_comes_back_is_said_once_each(redis_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with structlog.testing.capture_logs() as logs, sweeping(Places(f"sqlite:///{folder}/r.db", redis_url)):
        until(lambda: logs, 10, "nothing is said")
        folder.mkdir()
        from service.migrations import upgrade

        upgrade(f"sqlite:///{folder}/r.db")
        until(lambda: len(logs) > 1, 10, "nobody says that it is back")
    assert said(logs) == ["the sweep can't reach the database", "the sweep reaches the database again"]


def test_it_tidies_when_it_begins_and_goes_on(pipeline: Pipeline, redis_url: str) -> None:
    pipeline.claim(pipeline.web.page("/source", "x"), pipeline.post())
    with writing(pipeline.engine) as session:
        post = session.scalars(select(Post)).one()
        post.version = 2
        session.add(Published(post_id=post.id, view="old", version=1, made_of="", etag='"x"', body=b"{}"))

    def left() -> int | None:
        with writing(pipeline.engine) as session:
            return session.scalar(select(func.count()).select_from(Published))

    with sweeping(places(pipeline, redis_url)) as loop:
        until(lambda: left() == 0, 10, "nobody tidies")
        loop.after(2)
