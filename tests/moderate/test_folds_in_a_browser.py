"""Folds and one card at a time in a real browser, with and without JavaScript."""

from __future__ import annotations

import pytest

from service.values.state import Kind, State
from tests.moderate.test_in_a_browser import READERS, busy, enter, fits, nora
from tests.support.browser import Browser, OpenBrowser
from tests.support.desk import Came, Desk
from tests.support.host_pages import Served
from tests.support.service import SignIn

__all__ = ["busy", "nora"]

PITCH = "I made a small list of cheap watches that you can buy today at my shop"


def places(browser: Browser) -> list[tuple[str, float, float]]:
    """The buttons that decide about the card, and where on the screen they stand."""
    found: list[tuple[str, float, float]] = browser.run(
        """return [...document.querySelectorAll("#items > li button[name=decision]")]
        .filter((one) => one.offsetParent || getComputedStyle(one.form).position === "fixed")
        .map((one) => [one.value, one.getBoundingClientRect().x, one.getBoundingClientRect().y])
        .filter(([, x, y]) => y > 0 && y < innerHeight)"""
    )
    return [tuple(one) for one in found]


@pytest.mark.parametrize("reader", ["at a desk", "on a phone without JavaScript"])
def test_a_fold_is_looked_over_opened_and_decided_and_cards_come_one_at_a_time(
    reader: str, open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn
) -> None:
    letters = [
        busy.came(Came(f"A letter from {host}", host, f"https://{host}.example/", f"What {host} says of ", "it", ""))
        for host in ("ada", "ben", "carl")
    ]
    items = [
        busy.came(Came(kind=Kind.COMMENT, name=name, text=PITCH, source=f"comment:{name}"))
        for name in ("Roxy", "Anna", "Tom", "Lou")
    ]
    browser = open_browser(READERS[reader])
    enter(browser, served, nora)
    fold = browser.find(f"#fold-{items[-1].uid}", "4 items say the same")
    assert all(browser.find(f"#item-{item.uid}", within=fold) for item in items)
    fits(browser, f"fold {reader}")
    if "JavaScript" in reader:
        browser.click(".unfold summary", within=fold)
        browser.click("button", "Approve", within=browser.find(f"#item-{items[0].uid}"))
        browser.find(".done", "Approved")
    else:
        browser.click("input.pick", within=browser.find(f"#item-{items[0].uid}"))
        browser.click("#chosen button", "Approve")
    browser.waits_for(lambda: busy.state(items[0]) is State.APPROVED, "it was not approved")
    browser.click(".fold-acts button", "Spam", within=browser.find(f"#fold-{items[-1].uid}"))
    browser.waits_for(lambda: all(busy.state(item) is State.SPAM for item in items[1:]), "the fold was not decided")

    browser.open(f"{served.url}/admin/one")
    browser.find(f"#item-{letters[2].uid}")
    before = places(browser)
    assert [name for name, _x, _y in before] == ["approve", "reject", "spam"]
    fits(browser, f"one {reader}")
    browser.click("button", "Approve", within=browser.find(f"#item-{letters[2].uid}"))
    browser.find(f"#item-{letters[1].uid}")
    browser.waits_for(lambda: busy.state(letters[2]) is State.APPROVED, "the card was not approved")
    assert places(browser) == before
    assert browser.complaints() == []
