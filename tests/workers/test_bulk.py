"""Jobs of thousands: each item once, whatever dies; what changed meanwhile is left and counted; all comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.settings import Settings
from service.model import Batch, Event, Wanted
from service.model.batch import any_working
from service.model.engine import writing, written
from service.moderate.asked import Asked
from service.moderate.bulk import listing
from service.moderate.decisions import Decider
from service.people.roles import everywhere
from service.values.state import State
from tests.support.desk import Desk
from tests.support.threads import KnownItem
from tests.support.waiting import until
from workers import jobs
from workers.bulk import TOGETHER, Bulk, some
from workers.means import Means

NOBODY_SINCE = 2**31 - 1
OLGA = Decider("Olga", everywhere)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def means(settings: Settings) -> Iterator[Means]:
    """What an errand works with."""
    made = jobs.means(settings, threading.Event(), hands=1, queue="errands")
    yield made
    made.engine.dispose()


def begin(desk: Desk, to: State, items: Sequence[KnownItem]) -> int:
    now = datetime.now(UTC)
    ids = [item.id for item in items]
    return written(
        desk.engine, lambda one: listing.begin(one, OLGA, Asked(waiting=True), ids, to, NOBODY_SINCE, now)
    )  # fmt: skip


def take_back(desk: Desk, number: int) -> int:
    undoing = written(desk.engine, lambda one: listing.take_back(one, OLGA, number, datetime.now(UTC)))
    assert undoing is not None
    return undoing


def a_turn(desk: Desk) -> None:
    written(desk.engine, lambda session: some(session, datetime.now(UTC)))


def job(desk: Desk, number: int) -> Batch:
    with Session(desk.engine, expire_on_commit=False) as session:
        return session.get_one(Batch, number)


def events(desk: Desk, number: int) -> int:
    with Session(desk.engine) as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.batch_id == number)) or 0


def states(desk: Desk, items: Sequence[KnownItem]) -> set[State]:
    return {desk.state(item) for item in items}


def left(desk: Desk) -> dict[int, str | None]:
    with Session(desk.engine) as session:
        return {one.reflection_id: one.why for one in session.scalars(select(Wanted))}


def test_all_is_decided_once_under_one_number_and_taken_back_by_one_more_job(desk: Desk, means: Means) -> None:
    items = desk.many_came(2 * TOGETHER + 3)
    number = begin(desk, State.APPROVED, items)
    assert Bulk(means)() == len(items)
    done = job(desk, number)
    assert (done.listed, done.done, done.left, done.working) == (len(items), len(items), 0, False)
    assert states(desk, items) == {State.APPROVED}
    row = desk.row(items[0])
    assert (row.shown, row.decided) == (1, 1)
    assert [(one.by, one.batch_id) for one in desk.events(items[0])] == [("Olga", number)]
    assert left(desk) == {}, "nothing is kept of what is done"
    undoing = take_back(desk, number)
    assert take_back(desk, number) == undoing, "who presses twice gets the same"
    Bulk(means)()
    assert states(desk, items) == {State.PENDING}
    row = desk.row(items[0])
    assert (row.shown, row.decided) == (None, None)
    assert (job(desk, undoing).done, events(desk, undoing)) == (len(items), len(items))
    assert take_back_is_nothing(desk, undoing)


def take_back_is_nothing(desk: Desk, number: int) -> bool:
    return written(desk.engine, lambda one: listing.take_back(one, OLGA, number, datetime.now(UTC))) is None


DIES = """
import os, signal, sys
from datetime import UTC, datetime
from service.model.engine import create, writing, written
from workers.bulk import some
engine, now = create(sys.argv[1]), datetime.now(UTC)
written(engine, lambda session: some(session, now))
with writing(engine) as session:
    some(session, now)
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""A worker that is killed when all of its second turn is written, and not yet committed."""


def test_killed_half_way_it_goes_on_where_it_stood(desk: Desk, means: Means, database_url: str) -> None:
    items = desk.many_came(2 * TOGETHER + 3)
    number = begin(desk, State.SPAM, items)
    killed = subprocess.run([sys.executable, "-c", DIES, database_url], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    half = job(desk, number)
    assert (half.working, half.done, events(desk, number)) == (True, TOGETHER, TOGETHER), (
        "what is done, and that it is, are one"
    )
    assert any_working(desk.engine), "so the sweep rings"
    # A server may need a moment to see that nobody holds the job any more.
    until(lambda: Bulk(means)() and not job(desk, number).working, 30, "nobody went on")
    assert (job(desk, number).done, events(desk, number)) == (len(items), len(items))
    assert states(desk, items) == {State.SPAM}


def test_what_happened_to_an_item_since_is_not_decided_over(desk: Desk, means: Means) -> None:
    mine, his, newer, vanished = desk.many_came(4)
    number = begin(desk, State.APPROVED, [mine, his, newer, vanished])
    begin(desk, State.REJECTED, [his])
    with writing(desk.engine) as session:  # the other job is quicker
        session.execute(update(Batch).where(Batch.id == number).values(working=False))
    Bulk(means)()
    desk.changes(newer, "Something else")
    desk.vanishes(vanished)
    with writing(desk.engine) as session:
        session.execute(update(Batch).where(Batch.id == number).values(working=True))
    Bulk(means)()
    done = job(desk, number)
    assert (done.listed, done.done, done.left) == (4, 1, 2)
    assert [desk.state(item) for item in (mine, his, newer)] == [State.APPROVED, State.REJECTED, State.PENDING]
    assert left(desk) == {his.id: "moved", newer.id: "newer"}


@on_sqlite
def test_what_is_stopped_is_taken_back_as_far_as_it_went(desk: Desk, means: Means) -> None:
    items = desk.many_came(TOGETHER + 5)
    number = begin(desk, State.REJECTED, items)
    a_turn(desk)
    undoing = take_back(desk, number)
    Bulk(means)()
    assert states(desk, items) == {State.PENDING}
    stopped = job(desk, number)
    assert (stopped.working, stopped.done, stopped.left) == (False, TOGETHER, 5)
    assert set(left(desk).values()) == {"stopped"}
    assert job(desk, undoing).done == TOGETHER


@on_sqlite
def test_taking_back_leaves_what_somebody_decided_since(desk: Desk, means: Means) -> None:
    mine, his = desk.many_came(2)
    number = begin(desk, State.REJECTED, [mine, his])
    Bulk(means)()
    begin(desk, State.SPAM, [his])
    Bulk(means)()
    undoing = take_back(desk, number)
    Bulk(means)()
    assert [desk.state(item) for item in (mine, his)] == [State.PENDING, State.SPAM]
    assert (job(desk, undoing).done, job(desk, undoing).left, left(desk)) == (1, 1, {his.id: "moved"})


@on_sqlite
def test_one_that_breaks_holds_up_no_other(desk: Desk, means: Means) -> None:
    good, broken = desk.many_came(2)
    number = begin(desk, State.REJECTED, [good, broken])
    Bulk(means)()
    with writing(desk.engine) as session:
        session.execute(update(Event).where(Event.reflection_id == broken.id).values(details={"before": {"x": 1}}))
    undoing = take_back(desk, number)
    Bulk(means)()
    assert [desk.state(item) for item in (good, broken)] == [State.PENDING, State.REJECTED]
    assert left(desk) == {broken.id: "broken"}
    assert not job(desk, undoing).working


@on_sqlite
def test_a_job_that_is_not_done_in_time_rings_for_the_next(desk: Desk, means: Means) -> None:
    begin(desk, State.REJECTED, desk.many_came(1))
    rung = list[str]()
    assert Bulk(replace(means, ring=lambda: rung.append("errands")), seconds=0)() == 0
    assert rung == ["errands"]
