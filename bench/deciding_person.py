"""A person who decides what waits, by one way, on a page of the running service: reads each item, then acts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.deciding_hands import FIRST, OTHER, SAME, Hands, Row, Time
from service.values.state import State
from tests.support.browser import PATIENCE, Browser
from tests.support.service import SignIn

WATCHING = Path(__file__).with_name("deciding.js")

MOST_SCROLLS = 40
"""Of one row: a page that shows no more by then never will."""


def sits_down(browser: Browser, url: str, who: SignIn, round_trip: float) -> None:
    """Signs in. From here on each answer takes at least so many milliseconds to come, and pages are watched."""
    browser.open(f"{url}/admin/sign-in")
    browser.fill("input[name=name]", who.name)
    browser.fill("input[name=password]", who.password)
    browser.click("main button")
    browser.find("nav.self")
    cdp = browser.driver.execute_cdp_cmd
    slow = {"offline": False, "latency": round_trip, "downloadThroughput": -1, "uploadThroughput": -1}
    cdp("Network.enable", {})
    cdp("Network.emulateNetworkConditions", slow)
    cdp("Page.addScriptToEvaluateOnNewDocument", {"source": WATCHING.read_text()})


def decides(by: type[Hands], browser: Browser, url: str, labels: Mapping[str, State]) -> Time:
    """All of what is there decided as labelled; each item read before, on the screen."""
    time = Time()
    browser.open(url)
    hands = by(browser, time)
    time.page += hands.see("begun()") / 1000
    hands.begin()
    read: set[str] = set()
    while (row := _looked_at(hands)) is not None and any(uid in labels for uid, _ in row.items):
        row = _read(hands, row, read)
        wanted = {labels[uid] for uid, _ in row.items}
        if len(wanted) == 1:
            hands.decide(row, wanted.pop())
        else:
            _divide(hands, row, labels)
    hands.see(f"rest({PATIENCE})")  # so that all has been answered
    return time


def _looked_at(hands: Hands) -> Row | None:
    found = hands.see("look()")
    return Row(**found) if found else None


def _read(hands: Hands, row: Row, read: set[str]) -> Row:
    """What was not read yet, scrolled to where it has to be; the row as it is then."""
    new = [(uid, same) for uid, same in row.items if uid not in read]
    folded = len(row.items) > 1
    seconds = sum(FIRST if uid == row.items[0][0] or not folded else SAME if same else OTHER for uid, same in new)
    hands.see(f"rest({seconds})")  # what the page does meanwhile it does meanwhile
    hands.time.person += seconds
    for _ in range(MOST_SCROLLS):
        row = _looked_at(hands) or row
        if not row.hidden:
            break
        hands.scroll(row)
    assert not row.hidden, f"{row} can not be read: {hands.browser.url}"
    read.update(uid for uid, _ in row.items)
    return row


def _divide(hands: Hands, row: Row, labels: Mapping[str, State]) -> None:
    """The fewer of a fold are decided by themselves: the rest is then of one kind."""
    by = {to: [uid for uid, _ in row.items if labels[uid] is to] for to in set(labels.values())}
    fewer = min(by, key=lambda to: len(by[to]))
    hands.take_out(by[fewer], fewer)
