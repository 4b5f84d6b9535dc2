"""A pair that is sent again: what its source says now is kept, and nobody publishes or un-publishes by sending it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from service.model import Post, Reflection, Site
from service.model.engine import writing
from service.model.states import Step, step
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.verifying import Pipeline
from tests.support.waiting import free_port
from tests.support.web import Answer

FOUND = [State.PENDING, State.APPROVED, State.REJECTED, State.SPAM]


class Pair:
    """A source that was verified once and then decided, and its post."""

    def __init__(self, pipeline: Pipeline, state: State = State.APPROVED) -> None:
        self.pipeline = pipeline
        self.target = pipeline.post()
        self.source = pipeline.web.page("/source", self.words("first words"))
        self.item = pipeline.verified(self.source, self.target).id
        self.decide(state)

    def words(self, words: str) -> str:
        return f"<title>{words}</title><a href='{self.target}'>x</a>"

    def says(self, body: str, **answer: object) -> None:
        self.pipeline.web.page("/source", body, **answer)  # type: ignore[arg-type]

    def sent_again(self) -> Reflection:
        return self.pipeline.verified(self.source, self.target)

    def decide(self, state: State) -> None:
        with writing(self.pipeline.engine) as session:
            item = session.get_one(Reflection, self.item)
            show = item.latest if state is State.APPROVED else None
            decision = Step(item.state, state, by="Olga", seen=item.latest, show=show)
            assert step(session, item, decision, datetime.now(UTC)) is not None

    @property
    def now(self) -> Reflection:
        return self.pipeline.item(self.item)


@on_sqlite
@pytest.mark.parametrize("state", FOUND)
def test_a_source_that_is_gone_takes_its_item_down(pipeline: Pipeline, state: State) -> None:
    pair = Pair(pipeline, state)
    pipeline.web.gone(pair.source)
    item = pair.sent_again()
    assert (item.state, item.reason) == (State.GONE, "gone")


def test_a_source_that_dropped_its_link_takes_its_item_down_and_the_thread_is_published_anew(
    pipeline: Pipeline,
) -> None:
    pair = Pair(pipeline)
    version = pipeline.our_post(pair.target).version
    pair.says("no link any more")
    item = pair.sent_again()
    assert (item.state, item.reason) == (State.GONE, "no_link")
    assert pipeline.our_post(pair.target).version > version


def test_a_missing_source_is_gone_after_a_day_and_not_before(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    sqlite_pipeline.web.remove(pair.source)
    item = pair.sent_again()
    assert (item.state, item.reason) == (State.APPROVED, "not_found")
    assert item.due_at is not None and item.missing_since is not None
    assert item.due_at - item.missing_since == timedelta(days=1)
    assert pair.sent_again().state is State.APPROVED
    day_ago = datetime.now(UTC) - timedelta(days=1)
    sqlite_pipeline.change(pair.item, missing_since=day_ago, due_at=datetime.now(UTC))
    sqlite_pipeline.run()
    assert pair.now.state is State.GONE


def test_no_trouble_of_a_server_takes_anything_down(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline.with_limits(seconds=1.0))
    for status in (500, 503, 403, 401, 429, 451, 999):
        pair.says("", status=status)
        assert pair.sent_again().state is State.APPROVED, status
    sqlite_pipeline.web.redirect("/source", f"http://127.0.0.2:{free_port('127.0.0.2')}/")
    assert pair.sent_again().reason == "unreachable"
    sqlite_pipeline.web.redirect("/source", "http://nosuchname.invalid/")
    pair.sent_again()
    sqlite_pipeline.web.redirect("/source", f"https://127.0.0.2:{sqlite_pipeline.web.port}/")
    pair.sent_again()
    pair.says("", headers={"Content-Type": "application/pdf"})
    item = pair.sent_again()
    assert (item.state, item.reason, item.shown) == (State.APPROVED, "unsupported_type", 1)


@on_sqlite
@pytest.mark.parametrize("state", FOUND)
def test_sending_it_again_moves_no_decision(pipeline: Pipeline, state: State) -> None:
    pair = Pair(pipeline, state)
    item = pair.sent_again()
    assert (item.state, item.latest, len(item.revisions), item.due_at) == (state, 1, 1, None)


@pytest.mark.parametrize("state", FOUND)
def test_new_words_are_kept_as_a_revision_and_shown_to_nobody(pipeline: Pipeline, state: State) -> None:
    pair = Pair(pipeline, state)
    version = pipeline.our_post(pair.target).version
    pair.says(pair.words("cheap pills"))
    item = pair.sent_again()
    assert (item.state, item.latest, item.decided) == (state, 2, 1)
    assert item.shown == (1 if state is State.APPROVED else None)
    assert [revision.title for revision in item.revisions] == ["cheap pills", "first words"]
    assert pipeline.our_post(pair.target).version == version


def test_what_a_moderator_made_of_it_is_no_news_of_its_source(sqlite_pipeline: Pipeline) -> None:
    from service.model import Revision

    pair = Pair(sqlite_pipeline)
    with writing(sqlite_pipeline.engine) as session:
        edited = {"number": 2, "made": datetime.now(UTC), "made_by": "moderator", "title": "edited"}
        session.add(Revision(reflection_id=pair.item, **edited))
        session.get_one(Reflection, pair.item).latest = 2
    assert pair.sent_again().latest == 2


def test_what_was_gone_and_links_again_waits_for_a_person(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    pipeline.web.gone(pair.source)
    assert pair.sent_again().state is State.GONE
    pair.says(pair.words("first words"))
    item = pair.sent_again()
    assert (item.state, item.latest) == (State.PENDING, 1)


def test_what_failed_and_links_now_waits_for_a_person(pipeline: Pipeline) -> None:
    target = pipeline.post()
    source = pipeline.web.page("/source", "nothing yet")
    assert pipeline.verified(source, target).state is State.FAILED
    pipeline.web.page("/source", f"<a href='{target}'>x</a>")
    assert pipeline.verified(source, target).state is State.PENDING


def test_no_link_yet_is_looked_at_again_once(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    source = sqlite_pipeline.web.page("/source", "not yet")
    item = sqlite_pipeline.verified(source, target, age=timedelta())
    assert (item.state, item.reason, item.attempts) == (State.RECEIVED, "no_link", 1)
    sqlite_pipeline.change(item.id, due_at=datetime.now(UTC))
    sqlite_pipeline.run()
    assert sqlite_pipeline.item(item.id).state is State.FAILED


During = Callable[[Pair], None]


def meanwhile(pair: Pair, body: str, happens: During) -> None:
    """Sends the pair again, and lets something happen while its source is fetched."""

    def answer(_request: object) -> Answer:
        happens(pair)
        return Answer(body)

    pair.pipeline.web.answers("/source", answer)
    pair.pipeline.claim(pair.source, pair.target)
    pair.pipeline.run()


def test_a_decision_that_is_made_while_we_look_stands(pipeline: Pipeline) -> None:
    pair = Pair(pipeline, State.PENDING)
    meanwhile(pair, pair.words("other words"), lambda pair: pair.decide(State.APPROVED))
    item = pair.now
    assert (item.state, item.shown, item.latest, item.decided) == (State.APPROVED, 1, 2, 1)


def test_what_is_erased_while_we_look_stays_erased(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    meanwhile(pair, pair.words("other words"), lambda pair: pair.decide(State.ERASED))
    assert (pair.now.state, pair.now.latest) == (State.ERASED, 1)


def test_an_item_that_is_deleted_while_we_look_is_gone_without_a_trace(pipeline: Pipeline) -> None:
    def delete_it(pair: Pair) -> None:
        with writing(pipeline.engine) as session:
            session.execute(delete(Reflection).where(Reflection.id == pair.item))

    pair = Pair(pipeline)
    meanwhile(pair, pair.words("other words"), delete_it)
    assert pipeline.items() == []


@pytest.mark.parametrize("table", [Post, Site])
def test_a_post_or_site_that_is_deleted_while_we_look_ends_nothing_else(
    pipeline: Pipeline, table: type[Post] | type[Site]
) -> None:
    def delete_it(_pair: Pair) -> None:
        with writing(pipeline.engine) as session:
            session.execute(delete(table))

    pair = Pair(pipeline)
    meanwhile(pair, pair.words("other words"), delete_it)
    assert pipeline.items() == []


def test_what_is_sent_again_while_we_look_is_looked_at_once_more(pipeline: Pipeline) -> None:
    target = pipeline.post()
    answers = iter(["no link yet", f"<a href='{target}'>x</a>"])
    source = pipeline.web.url("/source")

    def answer(_request: object) -> Answer:
        body = next(answers)
        if "yet" in body:
            pipeline.claim(source, target)
        return Answer(body)

    pipeline.web.answers("/source", answer)
    item = pipeline.verified(source, target)
    assert (item.state, item.due_at) == (State.PENDING, None)
    assert len(pipeline.web.requests(source)) == 2
