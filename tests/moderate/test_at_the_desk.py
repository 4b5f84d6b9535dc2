"""The list in a browser: decided by keys, by mouse and by finger without waiting, taken back, and true: whatever fails,
whoever else decides and whatever comes in, what the screen says is what the database holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete

from service.model import Session as SignedIn
from service.model.engine import writing
from service.moderate.decisions import Decided, Decider, Decision, decide
from service.people.roles import everywhere
from service.values.state import State
from tests.moderate.test_in_a_browser import enter
from tests.support.between import Between
from tests.support.browser import Browser, Keys, OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served
from tests.support.service import SignIn
from tests.support.threads import KnownItem

_numbers = itertools.count(1)

TEXT = "Buy the very best watches at the very lowest price, dear friends, today and tomorrow and for ever after."

PRESS = """
const [key] = arguments;
const shiftKey = /^[A-Z]$/.test(key);
document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, shiftKey, bubbles: true, cancelable: true}));
return [...document.querySelectorAll("#items li.item:not(.settled)")].map((item) => item.dataset.uid);
"""
"""Presses a key, and gives what the list shows before anything else can happen."""


@dataclass
class Nora:
    """A moderator before her list, and her site's database."""

    browser: Browser
    desk: Desk
    between: Between
    name: str

    def press(self, *keys: str) -> list[str]:
        """What is on the screen at once."""
        return [self.browser.run(PRESS, key) for key in keys][-1]

    def shown(self) -> list[str]:
        return self.press("Shift")

    def says(self, selector: str, text: str) -> None:
        self.browser.find(selector, text)

    def holds(self, states: dict[KnownItem, State]) -> None:
        """The database holds this, the list shows those of it that wait, and says how many."""
        self.browser.waits_for(
            lambda: {item: self.desk.state(item) for item in states} == states,
            f"the database does not hold {states}",
        )
        waiting = {item.uid for item, state in states.items() if state is State.PENDING}
        self.browser.waits_for(lambda: set(self.shown()) == waiting, f"the list does not show {waiting}")
        counted = (
            "return [...document.querySelectorAll('[data-waiting]')].map((one) => one.hidden ? '0' : one.textContent)"
        )
        self.browser.waits_for(
            lambda: set(self.browser.run(counted)) == {str(len(waiting))}, f"the count is not {len(waiting)}"
        )

    def looks(self) -> None:
        """Comes back to the window, which looks at once what happened meanwhile."""
        self.browser.run("dispatchEvent(new Event('focus'))")


def by_bob(desk: Desk, item: KnownItem, to: State) -> None:
    """Another moderator decides."""
    row = desk.row(item)
    decision = Decision(item.uid, row.state, to, row.latest)
    with writing(desk.engine) as session:
        (result,) = decide(session, Decider("Bob", everywhere), [decision], datetime.now(UTC))
    assert isinstance(result, Decided)


def wave(desk: Desk, number: int) -> list[KnownItem]:
    """Items that say the same."""
    return [desk.came(title="Watches", source=f"https://deals.example/{n}", text=TEXT) for n in range(number)]


@pytest.fixture
def between(served: Served) -> Iterator[Between]:
    with Between(served.url).running() as found:
        yield found


@pytest.fixture
def busy(served: Served) -> Desk:
    return Desk(served.engine, served.site(f"https://desk-{next(_numbers)}.example/", "en"))


@pytest.fixture
def who(busy: Desk) -> SignIn:
    return busy.moderator(f"Nora of the desk {next(_numbers)}")


def begin(browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn) -> Nora:
    """She signs in through the proxy, at a round trip of 100 ms."""
    here = Served(between.url, served.engine, served.threads)
    enter(browser, here, who)
    network(browser, offline=False)
    return Nora(browser, busy, between, who.name)


def network(browser: Browser, *, offline: bool) -> None:
    browser.driver.execute_cdp_cmd("Network.enable", {})
    conditions = {"offline": offline, "latency": 100, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def test_the_first_key_on_a_fresh_list_decides_and_that_nothing_waits_is_seen_at_once(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    first, second = busy.letters(2)
    nora = begin(browser, between, served, busy, who)
    nora.shown()
    assert first.uid not in nora.press("a")
    nora.press("d")
    nora.holds({first: State.APPROVED, second: State.REJECTED})
    browser.find("main > .empty")
    seen = "return document.querySelector('main > .empty h2').getBoundingClientRect().bottom <= innerHeight"
    assert browser.run(seen)
    assert browser.complaints() == []


def test_keys_decide_at_once_and_each_is_taken_back_to_where_it_stood(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    spam = wave(busy, 3)
    first, second, third, fourth = busy.letters(4)
    nora = begin(browser, between, served, busy, who)
    whole = nora.shown()
    assert len(whole) == 7
    browser.shoot("desk")
    # Each key takes effect before anything else can happen; the requests follow in their order.
    assert first.uid not in nora.press("j", "a")
    assert second.uid not in nora.press("d")
    assert third.uid not in nora.press("j", "k", "u", "s")
    browser.press("j")
    left = nora.press("s")
    assert left == [fourth.uid], "the fold is decided as one"
    decided = {first: State.APPROVED, second: State.REJECTED, third: State.SPAM, fourth: State.PENDING}
    nora.holds(decided | dict.fromkeys(spam, State.SPAM))
    nora.says(".done", "Marked 3 items as spam.")
    assert between.posted[-4:] == ["/admin/decide"] * 3 + ["/admin/decide-all"]
    # z, as often as there is something to take back: the last fold first.
    assert set(nora.press("z")) == {fourth.uid, *(item.uid for item in spam)}
    assert nora.press("z", "z", "z") == whole
    nora.holds(dict.fromkeys((first, second, third, fourth, *spam), State.PENDING))
    assert browser.run("return document.querySelector('.at').dataset.uid") == first.uid
    nora.says(".done", "“Letter 4” waits again.")
    # What is selected is decided, and not what came in meanwhile.
    nora.press("x", "j", "x")
    nora.says("#chosen .number", "Selected: 2")
    browser.shoot("desk-selected")
    late = busy.came(title="Late", source="https://late.example/", name="Late")
    assert not {first.uid, second.uid} & set(nora.press("D"))
    browser.waits_for(lambda: busy.state(second) is State.REJECTED, "the selected were not rejected")
    assert (busy.state(first), busy.state(late)) == (State.REJECTED, State.PENDING)
    # The list is the same after a reload, and remembers what can be taken back.
    browser.driver.refresh()
    browser.find("#items.live")
    nora.press("z")
    nora.holds(dict.fromkeys((first, second, third, fourth, late, *spam), State.PENDING))
    assert browser.complaints() == []


def test_what_the_server_did_not_do_comes_back_with_a_word(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    first, second, third = busy.letters(3)
    waiting = dict.fromkeys((first, second, third), State.PENDING)
    nora = begin(browser, between, served, busy, who)
    whole = nora.shown()

    def comes_back(word: str) -> None:
        assert first.uid not in nora.press("a")
        nora.says("#alerts", f"{word} “Letter 3” was not decided")
        nora.says(f"#item-{first.uid}", word)
        nora.holds(waiting)
        assert nora.shown() == whole
        browser.click("#alerts button", "Show it")
        assert browser.run("return document.activeElement.dataset.uid") == first.uid

    nora.press("j")
    between.fails = 502
    comes_back("Something went wrong on the server.")
    browser.shoot("desk-failed")
    between.fails = 0
    comes_back("The server can’t be reached.")
    between.fails = None
    network(browser, offline=True)
    comes_back("There is no connection.")
    nora.looks()
    nora.says("#adrift", "What you see may be out of date.")
    network(browser, offline=False)
    nora.looks()
    browser.waits_for(lambda: not browser.find("#told").text.startswith("There is"), "it is still adrift")
    # An undo that fails leaves what was done, and can be tried again.
    nora.press("a")
    nora.holds(waiting | {first: State.APPROVED})
    between.fails = 502
    assert nora.press("z") == whole
    nora.says("#alerts", "“Letter 3” was not put back.")
    between.fails = None
    nora.holds(waiting | {first: State.APPROVED})
    nora.press("z")
    nora.holds(waiting)
    # Signed out: nothing is done, and there is the way in.
    with writing(served.engine) as session:
        session.execute(delete(SignedIn))
    comes_back("You are signed out.")
    browser.shoot("desk-signed-out")
    assert "sign-in?next=" in (browser.find("#alerts a", "Sign in").get_attribute("href") or "")
    assert browser.complaints("502", "401", "ERR_EMPTY_RESPONSE", "ERR_INTERNET_DISCONNECTED") == []


def test_what_others_decide_and_what_comes_in_is_told_and_the_list_stands_still(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    spam = wave(busy, 3)
    first, second, third, fourth = busy.letters(4)
    nora = begin(browser, between, served, busy, who)
    nora.press("j")
    place = "return document.querySelector(`#item-${arguments[0]}`).getBoundingClientRect().top"
    stood = browser.run(place, fourth.uid)
    # Bob decides one that she sees, one that she is at, and one of the fold; two come in.
    by_bob(busy, first, State.SPAM)
    by_bob(busy, second, State.REJECTED)
    by_bob(busy, spam[0], State.SPAM)
    new = [busy.came(title=f"New {n}", name=f"New {n}", source=f"https://new-{n}.example/") for n in (1, 2)]
    nora.looks()
    nora.says(f"#item-{first.uid}", "Bob marked it as spam")
    nora.says(f"#item-{second.uid}", "Bob rejected it")
    nora.says("#new", "2 new ones")
    browser.shoot("desk-others")
    assert browser.run(place, fourth.uid) == stood, "the list moved under the hand"
    nora.press("a")
    assert busy.state(first) is State.SPAM
    # Going on, what was decided leaves; the fold is decided without what Bob decided of it.
    assert nora.press("j")[0] == third.uid
    nora.press("j", "j", "s")
    browser.waits_for(lambda: busy.state(spam[2]) is State.SPAM, "the fold was not decided")
    assert [event.by for event in busy.events(spam[0])] == ["Bob"]
    # What came in is put in when she asks for it.
    browser.click("#new")
    browser.find(f"#item-{new[1].uid}")
    states = {first: State.SPAM, second: State.REJECTED} | dict.fromkeys(spam, State.SPAM)
    states |= dict.fromkeys((third, fourth, *new), State.PENDING)
    nora.holds(states)
    # He is quicker than her screen: she is told who and when.
    by_bob(busy, third, State.APPROVED)
    browser.run(f"document.querySelector('#item-{third.uid} [value=reject]').click()")
    nora.says("[role=alert]", "“Letter 2”: Bob approved it")
    nora.holds(states | {third: State.APPROVED})
    # A newer version came: the card shows it, and the decision about the older one was not taken.
    busy.changes(fourth, "Something quite different now.")
    browser.run(f"document.querySelector('#item-{fourth.uid} [value=approve]').click()")
    nora.says("[role=alert]", "Something newer came in")
    nora.says(f"#item-{fourth.uid}", "Something quite different now.")
    nora.holds(states | {third: State.APPROVED})
    assert browser.complaints("409") == []


SPAM = ".at form.acts [value=spam]"


def test_a_finger_finds_the_buttons_at_the_foot_of_the_screen(
    open_browser: OpenBrowser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    items = busy.letters(3)
    spam = wave(busy, 4)
    browser = open_browser(Reader.on_a_phone(language="fr", dark=True))
    nora = begin(browser, between, served, busy, who)
    where: list[Any] = []
    for _ in range(4):
        browser.find(SPAM)
        where.append(browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", SPAM))
        browser.shoot(f"desk-phone-{len(where)}")
        browser.click(SPAM)
    assert min(where[0]["height"], where[0]["width"]) >= 44
    assert len({(box["x"], box["width"]) for box in where}) == 1
    nora.holds(dict.fromkeys((*items, *spam), State.SPAM))
    browser.find("main > .empty")
    browser.click(".done button", "Annuler")
    browser.waits_for(lambda: busy.state(items[-1]) is State.PENDING, "the tap did not undo")
    browser.find(f"#item-{items[-1].uid}")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.complaints() == []


def test_one_at_a_time_the_next_is_there_at_once(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    first, second, third = busy.letters(3)
    nora = begin(browser, between, served, busy, who)
    browser.open(between.url + "/admin/one")
    seen = """return [...document.querySelectorAll("#items > li")].filter((one) => one.checkVisibility())
        .map((one) => one.dataset.uid)"""
    browser.waits_for(lambda: len(nora.shown()) == 3, "the next ones were not fetched")
    browser.shoot("desk-one")
    for item, following in ((first, second), (second, third)):
        assert browser.run(seen) == [item.uid]
        nora.press("a")
        assert browser.run(seen) == [following.uid]
    nora.press("z")
    assert browser.run(seen) == [second.uid]
    nora.holds({first: State.APPROVED, second: State.PENDING, third: State.PENDING})
    assert browser.complaints() == []


def test_keys_are_shown_changed_and_switched_off(
    browser: Browser, between: Between, served: Served, busy: Desk, who: SignIn
) -> None:
    (item,) = busy.letters(1)
    nora = begin(browser, between, served, busy, who)
    assert browser.find(f"#item-{item.uid} [value=approve] kbd").text == "a"
    nora.press("?")
    browser.find("#keys[open]", "Decide later")
    browser.shoot("desk-keys")
    nora.press("a", "?")
    # Keys with Ctrl, Alt or Cmd, and those in a field, are the browser's.
    nora.press("j")
    for modifier in (Keys.CONTROL, Keys.ALT):
        browser.press(modifier, "a", Keys.NULL)
    browser.fill("input[name=q]", "a")
    assert nora.shown() == [item.uid]
    assert busy.state(item) is State.PENDING
    browser.open(between.url + "/admin/keys")
    browser.fill("input[name=approve]", "y")
    browser.shoot("desk-own-keys")
    browser.click("main button", "Save")
    browser.find("[role=status]", "Your keys are changed.")
    browser.open(between.url + "/admin/")
    nora.press("j", "a")
    assert nora.press("y") == []
    nora.holds({item: State.APPROVED})
    browser.open(between.url + "/admin/keys")
    browser.click("input[name=on]")
    browser.click("main button", "Save")
    browser.find("[role=status]", "Your keys are changed.")
    browser.open(between.url + "/admin/?state=approved")
    assert nora.press("j", "s") == [item.uid]
    assert browser.all(f"#item-{item.uid} kbd") == []
