"""A site's rules at work: they decide when something comes, say so in the record, and are counted with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.model import Event, Reflection, Rule
from service.model import rule as rules
from service.model.engine import writing
from service.values.state import State
from tests.support.verifying import OURS, Pipeline
from tests.workers.test_verify import comment

FRIEND = "127.0.0.2"


def rule(pipeline: Pipeline, verdict: str, kind: str, value: str = "", **columns: Any) -> int:
    with writing(pipeline.engine) as session:
        values = {"kind": kind, "value": value, "verdict": verdict, "created": datetime.now(UTC)}
        made = Rule(site_id=pipeline.blog.id, **values, **columns)
        session.add(made)
        session.flush()
        return made.id


def came(pipeline: Pipeline, path: str = "/source", body: str = "", host: str = FRIEND) -> Reflection:
    """What becomes of a page that links to our post."""
    target = pipeline.post()
    link = body or "<p>A letter about <a href='{}'>that post</a>.</p>"
    return pipeline.verified(pipeline.web.page(path, link.format(target), host=host), target)


def last(pipeline: Pipeline, item: Reflection) -> Event:
    return pipeline.events(item.id)[-1]


def the_rule(pipeline: Pipeline, number: int) -> Rule:
    with Session(pipeline.engine, expire_on_commit=False) as session:
        return session.get_one(Rule, number)


def test_a_word_on_the_list_decides_at_once_and_the_record_says_so(pipeline: Pipeline) -> None:
    trusted, listed = rule(pipeline, "approve", "host", FRIEND), rule(pipeline, "spam", "words", "cheap watches")
    item = came(
        pipeline, body="<article class=h-entry><p class=e-content>CHEAP watches: <a href='{}'>x</a></p></article>"
    )
    assert (item.state, item.shown, item.decided, item.rule_id) == (State.SPAM, None, 1, listed)
    event = last(pipeline, item)
    told = {"kind": "words", "value": "cheap watches", "verdict": "spam"}
    assert (event.by, (event.details or {})["rule"]) == (f"rule {listed}", told)
    assert (the_rule(pipeline, listed).hits, the_rule(pipeline, trusted).hits) == (1, 0)
    assert the_rule(pipeline, listed).last_hit == event.at


def test_a_rule_that_has_it_wait_decides_nothing(pipeline: Pipeline) -> None:
    rule(pipeline, "approve", "default", "all")
    number = rule(pipeline, "wait", "words", "letter")
    item = came(pipeline)
    assert (item.state, item.decided, item.rule_id) == (State.PENDING, None, number)
    assert (last(pipeline, item).by, the_rule(pipeline, number).hits) == (f"rule {number}", 1)


def test_what_is_hidden_is_let_in_by_nobody(sqlite_pipeline: Pipeline) -> None:
    rule(sqlite_pipeline, "approve", "host", FRIEND)
    item = came(sqlite_pipeline, body="<p style='display:none'><a href='{}'>x</a></p>")
    assert (item.state, item.rule_id, last(sqlite_pipeline, item).by) == (State.PENDING, None, "worker")


def test_a_link_among_the_comments_of_a_welcome_page_waits(sqlite_pipeline: Pipeline) -> None:
    rule(sqlite_pipeline, "approve", "host", FRIEND)
    body = "<article><p>A post.</p></article><div id='comments'><p>Look: <a href='{}'>x</a></p></div>"
    assert came(sqlite_pipeline, body=body).state is State.PENDING


def test_a_rule_that_was_taken_away_says_nothing(sqlite_pipeline: Pipeline) -> None:
    gone = {"removed": datetime.now(UTC), "removed_by": "Olga"}
    rule(sqlite_pipeline, "spam", "host", FRIEND, **gone)
    rule(sqlite_pipeline, "refuse", "host", "127.0.0.3", **gone)
    assert came(sqlite_pipeline).state is State.PENDING
    with Session(sqlite_pipeline.engine) as session:
        assert rules.refused(session, [(sqlite_pipeline.blog.id, "127.0.0.3")]) == set()


def test_a_link_from_a_post_of_ones_own_waits_with_an_offer_until_there_is_a_rule(pipeline: Pipeline) -> None:
    item = came(pipeline, "/another-post", host=OURS)
    assert (item.state, (last(pipeline, item).details or {})["own"]) == (State.PENDING, True)
    assert "own" not in (last(pipeline, came(pipeline, "/elsewhere")).details or {})
    number = rule(pipeline, "approve", "self")
    item = came(pipeline, "/a-third-post", host=OURS)
    assert (item.state, item.rule_id) == (State.APPROVED, number)
    assert came(pipeline, "/stranger").state is State.PENDING


def test_the_default_asks_the_first_time_from_each_place(pipeline: Pipeline) -> None:
    number = rule(pipeline, "approve", "default", "known")
    first = came(pipeline, "/~ann/1")
    assert (first.state, first.rule_id) == (State.PENDING, None)
    assert came(pipeline, "/~ann/2").state is State.PENDING, "the first still waits"
    pipeline.change(first.id, state=State.APPROVED, shown=1, decided=1)
    again = came(pipeline, "/~ann/3")
    assert (again.state, again.rule_id) == (State.APPROVED, number)
    assert came(pipeline, "/~bob/1").state is State.PENDING, "his neighbour is not known"
    away = pipeline.web.redirect(
        "/~ann/4", pipeline.web.page("/pills", f"<a href='{pipeline.post()}'>x</a>", host="127.0.0.66")
    )
    assert pipeline.verified(away, pipeline.post()).state is State.PENDING, "nor is where she leads"
    pipeline.change(again.id, state=State.SPAM)
    assert came(pipeline, "/~ann/5").state is State.PENDING, "something from there was spam"


def test_the_first_time_alone_lets_no_new_words_through(sqlite_pipeline: Pipeline) -> None:
    item = came(sqlite_pipeline)
    rule(sqlite_pipeline, "approve", "default", "known")
    sqlite_pipeline.change(item.id, state=State.APPROVED, shown=1, decided=1, due_at=datetime.now(UTC))
    sqlite_pipeline.web.page("/source", f"<title>New</title><a href='{sqlite_pipeline.post()}'>x</a>", host=FRIEND)
    sqlite_pipeline.run()
    item = sqlite_pipeline.item(item.id)
    assert (item.state, item.shown, item.latest, item.decided) == (State.APPROVED, 1, 2, 1)


def test_new_words_that_a_rule_lets_through_can_be_taken_back(sqlite_pipeline: Pipeline) -> None:
    item = came(sqlite_pipeline)
    number = rule(sqlite_pipeline, "approve", "host", FRIEND)
    sqlite_pipeline.change(item.id, state=State.APPROVED, shown=1, decided=1, due_at=datetime.now(UTC))
    sqlite_pipeline.web.page("/source", f"<title>New</title><a href='{sqlite_pipeline.post()}'>x</a>", host=FRIEND)
    sqlite_pipeline.run()
    assert sqlite_pipeline.item(item.id).rule_id == number
    before = (last(sqlite_pipeline, item).details or {})["before"]
    assert (before["shown"], before["decided"], before["rule"]) == (1, 1, None)


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.SPAM, State.PENDING])
def test_a_rule_never_decides_what_a_moderator_has_decided(sqlite_pipeline: Pipeline, state: State) -> None:
    item = came(sqlite_pipeline)
    other = "approve" if state is not State.APPROVED else "spam"
    rule(sqlite_pipeline, other, "host", FRIEND)
    sqlite_pipeline.change(item.id, state=state, shown=1, decided=1, due_at=datetime.now(UTC))
    sqlite_pipeline.run()
    assert sqlite_pipeline.item(item.id).state is state


def test_a_comment_is_looked_at_by_its_words_and_links(sqlite_pipeline: Pipeline) -> None:
    number = rule(sqlite_pipeline, "spam", "words", "hello")
    item = sqlite_pipeline.item(comment(sqlite_pipeline, sqlite_pipeline.post()))
    sqlite_pipeline.run()
    item = sqlite_pipeline.item(item.id)
    assert (item.state, item.rule_id) == (State.SPAM, number)
