"""A job of many in a real browser: it says by itself how far it is, with a script and without; the brake at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.model.engine import written
from service.values.state import State
from tests.moderate.test_in_a_browser import busy, enter, nora
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served
from tests.support.service import SignIn
from workers.bulk import TOGETHER, some

__all__ = ["busy", "nora"]

READERS = {"at a desk": Reader(), "on a phone without JavaScript": Reader.on_a_phone(javascript=False)}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_a_job_is_begun_watched_and_taken_back_and_the_brake_is_at_hand(
    open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn, reader: Reader
) -> None:
    items = busy.many_came(TOGETHER + 2)
    browser = open_browser(reader)
    enter(browser, served, nora, "/admin/?host=ada.example&state=waiting")
    browser.click(".narrowed a", "Decide about all at once")
    browser.find("h1", f"All {len(items)} items that this search lists")
    browser.click("main button", "Reject")
    browser.find("h1", f"Rejecting {len(items)} items")
    browser.find("#progress", f"0 of {len(items)}")
    written(busy.engine, lambda session: some(session, datetime.now(UTC)))
    browser.find("#progress", f"{TOGETHER} of {len(items)}")
    written(busy.engine, lambda session: some(session, datetime.now(UTC)))
    browser.find("h1", f"Rejected {len(items)} items")
    assert {busy.state(item) for item in items} == {State.REJECTED}
    browser.click("main button", "Take all of it back")
    browser.find("h1", f"Putting {len(items)} items back where they were")
    while written(busy.engine, lambda session: some(session, datetime.now(UTC))):
        pass
    browser.find("h1", f"{len(items)} items are back where they were")
    browser.open(served.url + "/admin/")
    browser.click("summary", "Brake")
    browser.click(".pull button", "6 hours")
    browser.find(".braked", "Everything is held")
    browser.click(".braked button", "End it now")
    browser.waits_for(lambda: "Everything is held" not in browser.text, "the brake was not let go")
    assert not browser.complaints()
