"""A rule from an item, tried before it is saved, in a real browser."""

from __future__ import annotations

from service.values.state import State
from tests.moderate.test_in_a_browser import busy, enter, fits, nora  # noqa: F401 (fixtures)
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served
from tests.support.service import SignIn


def test_a_rule_is_made_from_an_item_and_shows_first_what_it_would_have_done(
    open_browser: OpenBrowser,
    served: Served,
    busy: Desk,  # noqa: F811
    nora: SignIn,  # noqa: F811
) -> None:
    states = (State.SPAM, State.SPAM, State.APPROVED, State.REJECTED, State.PENDING)
    came = [
        busy.came(source=f"https://deals.example/p/{number}", title=f"Cheap watches, {number}", state=state)
        for number, state in enumerate(states)
    ]
    browser = open_browser(Reader.on_a_phone(javascript=False, dark=True))
    enter(browser, served, nora, f"/admin/items/{came[-1].uid}")
    browser.click(".ruling")
    browser.find(".suggestions a", "deals.example")
    browser.click("main form button")
    assert "5" in browser.find(".sum").text
    browser.find(".met", "Cheap watches, 2")
    fits(browser, "rule-tried")
    browser.click(".preview button.main")
    browser.find(".said.good")
    browser.find(".rule", "deals.example")
    fits(browser, "rules")
    browser.click(".rule .says-rule a")
    browser.find(".facts")
    fits(browser, "rule")
    assert browser.complaints() == []
