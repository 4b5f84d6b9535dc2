"""What is up is looked at again by itself; so are posts of ours that draw items."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from service.model import Post, Rule
from service.model.engine import writing
from service.model.event import LOOKS
from service.values.page import LONGEST_VALIDATOR
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.verifying import Pipeline
from tests.support.web import Answer, Request
from tests.workers.test_updates import Pair

DAY = timedelta(days=1)


def days_until(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - datetime.now(UTC)) / DAY


def later(pair: Pair, **columns: Any) -> None:
    """Lets the time come at which it is looked at again by itself, and the worker work."""
    pair.pipeline.change(pair.item, again_at=datetime.now(UTC), **columns)
    pair.pipeline.run()


def visits(pair: Pair) -> list[Request]:
    return pair.pipeline.web.requests(pair.source)


# when


def test_what_a_moderator_approves_is_looked_at_a_day_later(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    assert 0.9 < days_until(pair.now.again_at) < 1.2
    assert pair.now.due_at is None
    later(pair)
    assert len(visits(pair)) == 2
    assert (pair.now.state, pair.now.latest) == (State.APPROVED, 1)


def test_the_looks_come_further_and_further_apart(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    for age, ahead in ((1.1, 5.9), (7.5, 22.5), (32, 89), (123, 89), (500, 76)):
        later(pair, approved=datetime.now(UTC) - age * DAY)
        assert ahead - 0.1 < days_until(pair.now.again_at) < ahead + 9.2


@on_sqlite
@pytest.mark.parametrize("state", [State.PENDING, State.REJECTED, State.SPAM])
def test_nothing_else_is_looked_at_by_itself(pipeline: Pipeline, state: State) -> None:
    pair = Pair(pipeline, state)
    assert (pair.now.again_at, pair.now.due_at) == (None, None)
    assert (pair.sent_again().again_at, pair.now.due_at) == (None, None)


@on_sqlite
@pytest.mark.parametrize("state", [State.PENDING, State.REJECTED, State.SPAM])
def test_what_is_taken_down_is_looked_at_no_more(pipeline: Pipeline, state: State) -> None:
    pair = Pair(pipeline)
    pair.decide(state)
    assert pair.now.again_at is None
    pair.decide(State.APPROVED)
    assert 0.9 < days_until(pair.now.again_at) < 1.2


def test_what_a_rule_approves_is_looked_at_a_day_later(pipeline: Pipeline) -> None:
    welcome(pipeline)
    target = pipeline.post()
    item = pipeline.verified(pipeline.web.page("/source", f"<a href='{target}'>x</a>"), target)
    assert item.state is State.APPROVED and 0.9 < days_until(item.again_at) < 1.2


def test_what_went_away_is_looked_at_when_somebody_asks(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    pipeline.web.gone(pair.source)
    later(pair)
    assert (pair.now.state, pair.now.again_at, pair.now.due_at) == (State.GONE, None, None)
    assert pipeline.run() == 0
    pair.says(pair.words("first words"))
    assert pair.sent_again().state is State.PENDING


def test_a_look_that_finds_nobody_is_tried_again_and_takes_nothing_down(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    pair.says("", status=503)
    later(pair)
    item = pair.now
    assert (item.state, item.reason, item.attempts) == (State.APPROVED, "server_error", 1)
    assert item.due_at is not None and item.due_at - datetime.now(UTC) < timedelta(minutes=2)
    assert days_until(item.again_at) > 0.9


def test_a_source_that_a_look_misses_is_missed_again_a_day_later_and_gone(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    pipeline.web.remove(pair.source)
    later(pair)
    item = pair.now
    assert item.state is State.APPROVED and item.missing_since is not None
    assert item.due_at == item.missing_since + DAY
    pipeline.change(pair.item, missing_since=item.missing_since - DAY, due_at=datetime.now(UTC))
    pipeline.run()
    assert pair.now.state is State.GONE


def test_what_a_person_approved_without_its_link_stays_up(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    source = sqlite_pipeline.web.page("/source", "no link at all")
    item = sqlite_pipeline.verified(source, target)
    assert item.state is State.FAILED
    sqlite_pipeline.change(item.id, state=State.APPROVED, latest=1, shown=1, again_at=datetime.now(UTC))
    sqlite_pipeline.run()
    again = sqlite_pipeline.item(item.id)
    assert (again.state, again.reason) == (State.APPROVED, "no_link")


# conditional


def tagged(pair: Pair, tags: dict[str, str], words: str = "first words") -> list[Request]:
    """A source that answers 304 to whoever names its validators; the requests for it so far."""
    asked = list[Request]()

    def answer(request: Request) -> Answer:
        asked.append(request)
        known = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
        if known == (tags.get("ETag"), tags.get("Last-Modified")):
            return Answer(status=304)
        return Answer(pair.words(words), headers=tags)

    pair.pipeline.web.answers("/source", answer)
    return asked


BOTH = {"ETag": '"one"', "Last-Modified": "Fri, 14 Oct 2011 09:30:00 GMT"}


@on_sqlite
@pytest.mark.parametrize("tags", [{"ETag": '"one"'}, {"Last-Modified": BOTH["Last-Modified"]}, BOTH])
def test_a_source_is_asked_only_for_what_is_new(pipeline: Pipeline, tags: dict[str, str]) -> None:
    pair = Pair(pipeline)
    asked = tagged(pair, tags)
    later(pair)
    before = pair.now
    later(pair)
    item = pair.now
    assert asked[0].headers.get("if-none-match") is asked[0].headers.get("if-modified-since") is None
    assert asked[1].headers.get("if-none-match") == tags.get("ETag")
    assert asked[1].headers.get("if-modified-since") == tags.get("Last-Modified")
    assert (item.state, item.shown, item.latest, item.etag, item.modified) == (
        State.APPROVED,
        1,
        1,
        before.etag,
        before.modified,
    )
    assert 0.9 < days_until(item.again_at) < 1.2 and item.due_at is None
    assert item.checked is not None and before.checked is not None and item.checked > before.checked


def test_a_source_that_is_as_it_was_is_no_longer_missing(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    tagged(pair, BOTH)
    later(pair)
    later(pair, missing_since=datetime.now(UTC) - timedelta(hours=2))
    assert (pair.now.missing_since, pair.now.reason) == (None, None)


def test_validators_are_those_of_the_page_that_was_last_read_with_its_link(sqlite_pipeline: Pipeline) -> None:
    """Else a page without the link would be "unchanged" for ever, and its item up for ever."""
    pair = Pair(sqlite_pipeline)
    pipeline = sqlite_pipeline

    def answer(request: Request) -> Answer:
        if request.headers.get("if-none-match") == '"no link"':
            return Answer(status=304)
        pipeline.change(pair.item, due_at=datetime.now(UTC) - timedelta(seconds=1))  # sent again while we look
        pipeline.web.answers("/source", settled)
        return Answer("nothing here", headers={"ETag": '"no link"'})

    def settled(request: Request) -> Answer:
        if request.headers.get("if-none-match") == '"no link"':
            return Answer(status=304)
        return Answer("nothing here", headers={"ETag": '"no link"'})

    pipeline.web.answers("/source", answer)
    later(pair)
    assert (pair.now.state, pair.now.etag) == (State.GONE, None)


def test_the_page_that_a_redirect_led_to_lends_it_no_validators(sqlite_pipeline: Pipeline) -> None:
    """Whoever redirects may send elsewhere next time, or nowhere."""
    pair = Pair(sqlite_pipeline)
    there = sqlite_pipeline.web.page("/there", pair.words("first words"), host="127.0.0.3", headers=BOTH)
    sqlite_pipeline.web.redirect("/source", there)
    later(pair)
    later(pair)
    assert (pair.now.etag, pair.now.modified) == (None, None)
    assert not any("if-none-match" in request.headers for request in visits(pair))


def test_a_validator_that_is_too_long_is_not_kept(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    tagged(pair, {"ETag": '"' + "x" * LONGEST_VALIDATOR + '"'})
    later(pair)
    assert pair.now.etag is None


# new words


def welcome(pipeline: Pipeline, verdict: str = "approve", host: str = "127.0.0.2") -> int:
    with writing(pipeline.engine) as session:
        rule = Rule(site_id=pipeline.blog.id, kind="host", value=host, verdict=verdict, created=datetime.now(UTC))
        session.add(rule)
        session.flush()
        return rule.id


def test_a_rule_lets_the_new_words_of_its_host_through(pipeline: Pipeline, client: FlaskClient) -> None:
    pair = Pair(pipeline)
    number = welcome(pipeline)
    pair.says(pair.words("second words"))
    later(pair)
    item = pair.now
    assert (item.state, item.shown, item.latest, item.decided) == (State.APPROVED, 2, 2, 2)
    thread = client.get("/api/v1/thread", query_string={"url": pair.target}).json
    assert [one["title"] for one in thread["reflections"]] == ["second words"]  # type: ignore[index]
    last = pipeline.events(pair.item)[-1]
    assert (last.by, (last.details or {})["renews"]) == (f"rule {number}", 2)
    with writing(pipeline.engine) as session:
        assert session.get_one(Rule, number).hits == 1


@pytest.mark.parametrize("verdict", ["spam", "refuse"])
def test_no_rule_takes_down_what_a_person_approved(sqlite_pipeline: Pipeline, verdict: str) -> None:
    pair = Pair(sqlite_pipeline)
    welcome(sqlite_pipeline, verdict)
    pair.says(pair.words("second words"))
    later(pair)
    item = pair.now
    assert (item.state, item.shown, item.latest, item.decided) == (State.APPROVED, 1, 2, 1)


def test_a_rule_changes_nothing_that_a_person_chose_to_keep(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    pair.says(pair.words("second words"))
    later(pair)
    sqlite_pipeline.change(pair.item, decided=2)  # kept as it is
    welcome(sqlite_pipeline)
    pair.says(pair.words("third words"))
    later(pair)
    assert (pair.now.shown, pair.now.latest, pair.now.decided) == (1, 3, 2)


def test_a_rule_does_not_vouch_for_where_its_host_leads(sqlite_pipeline: Pipeline) -> None:
    pair = Pair(sqlite_pipeline)
    welcome(sqlite_pipeline)
    other = sqlite_pipeline.web.page("/pills", pair.words("pills"), host="127.0.0.66")
    sqlite_pipeline.web.redirect("/source", other)
    later(pair)
    assert (pair.now.shown, pair.now.latest, pair.now.decided) == (1, 2, 1)


# what is kept of looks


def test_of_looks_that_changed_nothing_the_newest_are_kept(pipeline: Pipeline) -> None:
    pair = Pair(pipeline)
    pair.says("", status=403)
    for _ in range(LOOKS + 3):
        later(pair)
    events = pipeline.events(pair.item)
    assert [event.went_to for event in events[:2]] == [State.PENDING, State.APPROVED]
    assert len(events) == LOOKS + 2
    assert events[-1].at == pair.now.checked


# our own posts


def drawn(pipeline: Pipeline, path: str = "/source") -> Post:
    target = pipeline.post()
    pipeline.verified(pipeline.web.page(path, f"<a href='{target}'>x</a>"), target)
    return pipeline.our_post(target)


def change(pipeline: Pipeline, post: Post, **columns: Any) -> None:
    with writing(pipeline.engine) as session:
        session.execute(update(Post).where(Post.id == post.id).values(columns))


def test_a_post_is_looked_at_again_a_week_later(pipeline: Pipeline) -> None:
    post = drawn(pipeline)
    assert 6.9 < days_until(post.due_at) < 7.8
    assert pipeline.run() == 0
    pipeline.post(body="<title>Its new name</title>")
    change(pipeline, post, due_at=datetime.now(UTC))
    pipeline.run()
    again = pipeline.our_post(post.url)
    assert again.title == "Its new name" and 6.9 < days_until(again.due_at) < 7.8
    assert len(pipeline.web.requests(post.url)) == 2


def test_a_post_that_draws_nothing_any_more_is_left_alone_until_it_does(pipeline: Pipeline) -> None:
    post = drawn(pipeline)
    for item in pipeline.items():
        pipeline.change(item.id, received=datetime.now(UTC) - timedelta(days=40))
    change(pipeline, post, due_at=datetime.now(UTC))
    pipeline.run()
    assert pipeline.our_post(post.url).due_at is None
    assert 6.9 < days_until(drawn(pipeline, "/another").due_at) < 7.8


def test_a_post_that_went_away_is_not_looked_at_by_itself(sqlite_pipeline: Pipeline) -> None:
    post = drawn(sqlite_pipeline)
    sqlite_pipeline.web.gone(post.url)
    change(sqlite_pipeline, post, due_at=datetime.now(UTC))
    sqlite_pipeline.run()
    again = sqlite_pipeline.our_post(post.url)
    assert (again.exists, again.due_at) == (False, None)
    [item] = sqlite_pipeline.items()
    assert item.state is State.PENDING
