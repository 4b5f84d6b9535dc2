"""A site where everything is held: rules approve nothing there, and say spam as ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.model import brake
from service.model.engine import writing
from service.values.state import State
from tests.support.verifying import Pipeline
from tests.workers.test_rules import came, last, rule, the_rule

HOUR = timedelta(hours=1)


def hold(pipeline: Pipeline, until: timedelta = HOUR) -> None:
    now = datetime.now(UTC)
    with writing(pipeline.engine) as session:
        brake.pull(session, [pipeline.blog.id], brake.HOLD, "Olga", now, now + until)


def test_what_a_rule_would_approve_waits_while_everything_is_held(pipeline: Pipeline) -> None:
    number = rule(pipeline, "approve", "default", "all")
    hold(pipeline)
    item = came(pipeline)
    assert (item.state, item.shown, item.decided, item.rule_id) == (State.PENDING, None, None, None)
    event = last(pipeline, item)
    assert (event.by, (event.details or {})["held"]) == ("worker", True)
    assert the_rule(pipeline, number).hits == 0


def test_spam_stays_spam_and_what_comes_afterwards_is_approved(sqlite_pipeline: Pipeline) -> None:
    rule(sqlite_pipeline, "approve", "default", "all")
    listed = rule(sqlite_pipeline, "spam", "words", "letter")
    hold(sqlite_pipeline)
    assert came(sqlite_pipeline).rule_id == listed
    hold(sqlite_pipeline, -HOUR)
    assert came(sqlite_pipeline, "/later", "<p>A note: <a href='{}'>x</a></p>").state is State.APPROVED


def test_new_words_of_what_is_up_wait_and_the_old_ones_stay_up(sqlite_pipeline: Pipeline) -> None:
    rule(sqlite_pipeline, "approve", "default", "all")
    target = sqlite_pipeline.post()
    page = sqlite_pipeline.web.page("/source", f"<p>One: <a href='{target}'>x</a></p>", host="127.0.0.2")
    item = sqlite_pipeline.verified(page, target)
    hold(sqlite_pipeline)
    sqlite_pipeline.web.page("/source", f"<p>Another: <a href='{target}'>x</a></p>", host="127.0.0.2")
    item = sqlite_pipeline.verified(page, target)
    assert (item.state, item.shown, item.latest, item.decided) == (State.APPROVED, 1, 2, 1)
