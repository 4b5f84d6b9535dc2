"""Clocks that jump by a day and back, in real processes: nothing is stuck, nothing is done twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.settings import Settings
from service.values.state import State
from tests.support.clocks import clock
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from tests.support.worker import Start, sweeping

DAY = timedelta(days=1)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sent(pipeline: Pipeline, ahead: timedelta = timedelta(), delay: float = 0.0) -> tuple[int, str]:
    """A pair that was sent when the clock was so far ahead; its item and its page."""
    target = pipeline.post()
    page = pipeline.web.page("/", f"<a href='{target}'>x</a>", host="127.0.1.1", delay=delay)
    return pipeline.claim(page, target, age=-ahead), page


def verified(pipeline: Pipeline, item: int) -> bool:
    return pipeline.item(item).state is State.PENDING


@pytest.mark.parametrize("days", ["+1d", "-1d"])
def test_what_is_held_when_the_clock_jumps_is_done_by_another_and_once(
    pipeline: Pipeline, start_worker: Start, settings: Settings, days: str
) -> None:
    item, page = sent(pipeline, delay=1.0)
    holder = start_worker(under=clock(days))
    with sweeping(settings):
        until(lambda: pipeline.web.requests(page), 30, "the worker fetches nothing")
        holder.kill()
        holder.wait()
        assert pipeline.item(item).lease
        start_worker()
        until(lambda: verified(pipeline, item), 30, "what was held under the wrong clock is stuck")
    assert len(pipeline.events(item)) == 1


def test_what_was_sent_while_the_clock_was_ahead_is_done_once_it_is_right(
    pipeline: Pipeline, start_worker: Start, settings: Settings
) -> None:
    item, page = sent(pipeline, ahead=DAY)
    assert (due := pipeline.item(item).due_at) and due > datetime.now(UTC) + timedelta(hours=23)
    start_worker()
    with sweeping(settings):
        until(lambda: verified(pipeline, item), 30, "it waits for a day to pass")
    assert len(pipeline.web.requests(page)) == len(pipeline.events(item)) == 1
