"""A large site's posts are taken along by a worker, some at a time: each once, whatever dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import Settings
from service.model import Event, Post, Relocated, Relocation, Site, relocation
from service.model import post as posts
from service.model.engine import writing, written
from service.values.address import parse
from service.values.state import State
from tests.support.desk import Desk
from workers import due, jobs
from workers.means import Means
from workers.moving import Moving

OLD, NEW = "https://blog.example/", "https://new.example/"
MANY = 2 * relocation.TOGETHER + 3

DIES = """
import os, signal, sys
from datetime import UTC, datetime
from service.model import relocation
from service.model.engine import create, writing, written
engine, now = create(sys.argv[1]), datetime.now(UTC)
written(engine, lambda session: relocation.turn(session, now))
with writing(engine) as session:
    relocation.turn(session, now)
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def means(settings: Settings) -> Iterator[Means]:
    """What an errand works with."""
    made = jobs.means(settings, threading.Event(), hands=1, queue="errands")
    yield made
    made.engine.dispose()


@pytest.fixture
def many(desk: Desk) -> int:
    """A blog of many posts, each with an item."""
    now = datetime.now(UTC)
    with writing(desk.engine) as session:
        site = session.get_one(Site, desk.site.id)
        for number in range(MANY):
            posts.named(session, site, parse(f"{OLD}{number}"), now)
    desk.came(post="0", state=State.APPROVED)
    desk.came(post=str(MANY - 1), source="https://bo.example/")
    return MANY


def begin(desk: Desk) -> int:
    old, new, now = parse(OLD), parse(NEW), datetime.now(UTC)

    def work(session: Session) -> int:
        planned = relocation.plan(session, session.get_one(Site, desk.site.id), old, new)
        return relocation.begin(session, desk.site.id, old, new, planned, "Olga", now)

    return written(desk.engine, work)


def called(desk: Desk, base: str) -> int:
    """How many posts are called by an address under this one."""
    with Session(desk.engine) as session:
        return session.scalar(select(func.count()).where(Post.url.startswith(base))) or 0


def told(desk: Desk, batch: int) -> int:
    with Session(desk.engine) as session:
        return session.scalar(select(func.count()).where(Event.batch_id == batch)) or 0


def test_a_move_goes_on_where_a_killed_worker_left_it_and_comes_back_whole(
    desk: Desk, means: Means, many: int, database_url: str
) -> None:
    number = begin(desk)
    with Session(desk.engine) as session:
        site = session.get_one(Site, desk.site.id)
        known = [posts.known(session, site, parse(f"{base}7")) for base in (OLD, NEW)]
        assert known[0] is known[1] is not None, "from the first moment on"
    died = subprocess.run([sys.executable, "-c", DIES, database_url], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert called(desk, NEW) == relocation.TOGETHER, "what was not committed is not done"
    assert relocation.any_working(desk.engine), "so the sweep rings"
    assert Moving(means)() == many - relocation.TOGETHER
    assert (called(desk, NEW), called(desk, OLD), told(desk, number)) == (many, 0, 2)
    undoing = written(desk.engine, lambda session: relocation.take_back(session, number, "Olga", datetime.now(UTC)))
    assert undoing is not None
    Moving(means)()
    assert (called(desk, NEW), called(desk, OLD), told(desk, undoing)) == (0, many, 2)
    with Session(desk.engine) as session:
        site = session.get_one(Site, desk.site.id)
        assert (posts.known(session, site, parse(f"{NEW}7")), len(site.prefixes)) == (None, 1)
        assert session.scalar(select(func.count()).where(Relocated.open)) == 0
        assert session.get_one(Relocation, number).working is False


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_source_that_links_to_the_new_address_by_now_still_links_to_the_post(desk: Desk, means: Means) -> None:
    item = desk.came(columns={"due_at": datetime.now(UTC)})
    begin(desk)
    rung = list[str]()
    Moving(replace(means, ring=lambda: rung.append("errands")), seconds=0)()
    assert rung == ["errands"], "what is not done in time rings for the next"
    Moving(means)()
    (visit,) = due.claim(desk.engine, 1, datetime.now(UTC))
    assert (visit.item, {target.url for target in visit.targets}) == (item.id, {f"{OLD}post", f"{NEW}post"})
