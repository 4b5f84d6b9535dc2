"""The one code that changes a state: what it allows, whom it refuses, and what it leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.model import Event, Post, Reflection, site
from service.model.engine import writing
from service.model.post import named
from service.model.states import STEPS, Step, step
from service.values.address import parse
from service.values.state import State

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def an_item(session: Session, state: State = State.PENDING) -> Reflection:
    owner, _, _ = site.add(session, [parse("https://blog.example/")], NOW)
    post = named(session, owner, parse("https://blog.example/post"), NOW)
    item = Reflection(
        site_id=owner.id,
        post_id=post.id,
        kind="webmention",
        source="https://other.example/answer",
        source_key="0" * 64,
        state=state,
        received=NOW,
        latest=1,
    )
    session.add(item)
    session.flush()
    return item


def test_a_step_leaves_one_event_that_says_who_and_when(session: Session) -> None:
    item = an_item(session)
    event = step(session, item, Step(State.PENDING, State.REJECTED, by="ada", seen=1), NOW)
    assert event is not None
    kept = session.scalars(select(Event)).one()
    assert (kept.by, kept.at, kept.came_from, kept.went_to) == ("ada", NOW, State.PENDING, State.REJECTED)
    assert item.state is State.REJECTED


def test_who_comes_second_changes_nothing(session: Session) -> None:
    item = an_item(session)
    assert step(session, item, Step(State.PENDING, State.APPROVED, by="ada", seen=1, show=1), NOW)
    assert step(session, item, Step(State.PENDING, State.SPAM, by="bob", seen=1), NOW) is None
    assert item.state is State.APPROVED
    assert len(session.scalars(select(Event)).all()) == 1


def test_of_two_sessions_that_decide_at_once_one_wins(engine: Engine) -> None:
    with writing(engine) as session:
        identity = an_item(session).id
    outcomes = []
    with Session(engine) as early:
        seen_early = early.get(Reflection, identity)
        assert seen_early is not None and seen_early.state is State.PENDING
    for name, to in (("ada", State.APPROVED), ("bob", State.SPAM)):
        with writing(engine) as session:
            item = session.get(Reflection, identity)
            assert item is not None
            outcomes.append(step(session, item, Step(State.PENDING, to, by=name, seen=1, show=1), NOW))
    assert [outcome is not None for outcome in outcomes] == [True, False]


def test_a_decision_on_an_older_revision_is_refused(session: Session) -> None:
    item = an_item(session)
    item.latest = 2
    session.flush()
    assert step(session, item, Step(State.PENDING, State.APPROVED, by="ada", seen=1, show=1), NOW) is None
    assert item.state is State.PENDING


def test_a_worker_that_lost_its_lease_changes_nothing(session: Session) -> None:
    item = an_item(session, State.RECEIVED)
    item.lease = "newer"
    session.flush()
    lost = Step(State.RECEIVED, State.PENDING, by="worker", lease="older")
    assert step(session, item, lost, NOW) is None


@pytest.mark.parametrize(("came_from", "to"), [(one, other) for one in State for other in State if one is not other])
def test_only_the_steps_of_the_table_are_taken(session: Session, came_from: State, to: State) -> None:
    item = an_item(session, came_from)
    taken = step(session, item, Step(came_from, to, by="ada"), NOW)
    assert (taken is not None) == (to in STEPS[came_from])


@pytest.mark.parametrize(
    ("came_from", "to", "raises"),
    [
        (State.PENDING, State.APPROVED, True),
        (State.APPROVED, State.SPAM, True),
        (State.APPROVED, State.GONE, True),
        (State.PENDING, State.REJECTED, False),
        (State.REJECTED, State.SPAM, False),
    ],
)
def test_the_post_gets_a_new_version_just_when_what_is_public_changes(
    session: Session, came_from: State, to: State, raises: bool
) -> None:
    item = an_item(session, came_from)
    item.shown = 1 if came_from is State.APPROVED else None
    session.flush()
    before = session.get_one(Post, item.post_id).version
    assert step(session, item, Step(came_from, to, by="ada", seen=1, show=1 if to is State.APPROVED else None), NOW)
    session.expire_all()
    assert (session.get_one(Post, item.post_id).version > before) is raises


def test_times_come_back_in_utc_from_both_databases(session: Session) -> None:
    item = an_item(session)
    later = NOW + timedelta(microseconds=123456)
    item.due_at = later
    session.flush()
    session.expire_all()
    assert session.get_one(Reflection, item.id).due_at == later
