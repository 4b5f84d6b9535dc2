"""Somebody who decides a small queue in a browser, as the bench has it done with a large one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bench.deciding_hands import WAYS, Hands
from bench.deciding_person import decides, sits_down
from bench.deciding_queues import COPIES, Waiting, fill, unlike, wave, wrong
from service.decide.folds import Leaf, folds
from service.values.state import State
from tests.support.browser import OpenBrowser
from tests.support.desk import Desk
from tests.support.host_pages import Served

PITCH = "I made a small list of cheap watches that you can buy today at my shop"

QUEUE = (
    Waiting("A letter about birds, and one about the boats that carry them home.", State.APPROVED),
    *(Waiting(PITCH, State.SPAM) for _ in range(3)),
    Waiting(f"This is a quotation: {PITCH}", State.APPROVED),
    Waiting("Get readers for your blog at once, without any work at all!", State.SPAM),
)
"""Three rows, and one of a fold that the others must not be decided with."""

READING = 1.5 + (1.5 + 0.3 + 0.3 + 0.75) + 1.5


@pytest.mark.parametrize("hands", WAYS)
def test_each_way_decides_all_of_a_queue_as_it_is_labelled(
    hands: type[Hands], open_browser: OpenBrowser, served: Served
) -> None:
    desk = Desk(served.engine, served.site(f"https://decided-by-{hands.name}.example/", "en"))
    labels = fill(desk, QUEUE)
    browser = open_browser(hands.reader)
    sits_down(browser, served.url, desk.moderator(f"Nora of the {hands.name}"), round_trip=20)
    time = decides(hands, browser, f"{served.url}/admin/", labels)
    assert wrong(desk, labels) == 0
    assert len(time.waits) >= 3
    assert time.person > READING
    assert browser.complaints() == []


@pytest.mark.parametrize(("queue", "rows"), [(unlike, 100), (wave, 40 + 60 // COPIES)])
def test_what_waits_is_half_spam_and_as_alike_as_it_is_said_to_be(
    queue: Callable[[int], Sequence[Waiting]], rows: int
) -> None:
    waiting = queue(100)
    assert [one.label for one in waiting].count(State.SPAM) == 50
    assert len(folds([Leaf(1, one.text) for one in waiting])) == rows
