"""The dashboard in a real browser: at a desk, on a phone, in the dark, in French, and without JavaScript."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from service.values.state import Kind, Protocol, Relation, State
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.desk import Came, Desk, signed_in
from tests.support.host_pages import Served
from tests.support.service import SignIn

_numbers = itertools.count(1)

READERS = {
    "at a desk": Reader(),
    "without JavaScript": Reader(javascript=False),
    "on a phone": Reader.on_a_phone(),
    "on a phone without JavaScript": Reader.on_a_phone(javascript=False),
}

TOUCH = 44
"""CSS pixels that a finger needs."""


@pytest.fixture
def busy(served: Served) -> Desk:
    """The desk of a site of its own, in the running service."""
    return Desk(served.engine, served.site(f"https://blog-{next(_numbers)}.example/", "en"))


@pytest.fixture
def nora(busy: Desk) -> SignIn:
    """Who moderates that site, and no other."""
    return busy.moderator(f"Nora {next(_numbers)}")


def sign_in(browser: Browser, served: Served, who: SignIn, path: str = "/admin/") -> None:
    browser.open(served.url + path)
    browser.fill("input[name=name]", who.name)
    browser.fill("input[name=password]", who.password)
    browser.click("main button")
    browser.find("nav.self")


def enter(browser: Browser, served: Served, who: SignIn, path: str = "/admin/") -> None:
    """The page of somebody who is signed in already."""
    cookie = {"url": served.url, "name": "reflections", "value": signed_in(served.engine, who)}
    browser.driver.execute_cdp_cmd("Network.setCookie", cookie)
    browser.open(served.url + path)
    browser.find("nav.self")


def press(browser: Browser, uid: str, label: str) -> None:
    browser.click("button", label, within=browser.find(f"#item-{uid}"))


VARIED = (
    Came("On reading slowly", "Ada Marsh", author_url="https://ada.example/"),
    Came(
        "Re: Reading slowly",
        "Jean-Luc Marchand",
        "https://marchand.example/notes/412",
        "",
        "Reading slowly",
        " made me put my phone into a drawer for a week.",
        "I had to disagree at first, and then I noticed that I had read the whole piece twice, which is rather the "
        "point. The second reading took an hour. I do not want it back.",
        relation=Relation.REPLY,
        protocols=(Protocol.WEBMENTION, Protocol.PINGBACK),
    ),
    Came("Cheap watches", "best-deals", "https://deals.example/p/99", "Buy ", "watches", " now", hidden=True),
    Came("", "", "https://quiet.example/~w/log", "read: ", "this", "", kind=Kind.PINGBACK),
    Came("Links of the week", "Harbour notes", "https://harbour.example/links/41", "Also ", "a piece", " on slowness."),
    Came("", "Mira", "https://mira.example/likes/7", "", "Reading slowly", "", relation=Relation.LIKE),
    Came(
        "A moved page",
        "Tomás Álvarez",
        "https://old.example/p",
        "as ",
        "Claude",
        " wrote last week, it is a courtesy.",
        final="https://new.example/posts/a-moved-page",
    ),
    Came(
        kind=Kind.COMMENT,
        name="Anaïs",
        text="I am not convinced: we do not read slowly, we read again. The first reading is quick.",
        source="comment:1",
    ),
    Came(
        "كل شيء في أوانه",
        "ليلى",
        "https://layla.example/slow",
        "كتب عن ",
        "القراءة البطيئة",
        " مقالا جميلا.",
        relation=Relation.BOOKMARK,
    ),
    Came("Reposted", "Bo", "https://bo.example/r/1", "", "Reading slowly", "", relation=Relation.REPOST),
)


def fill(desk: Desk, number: int = 20) -> None:
    """A queue as it may be on a Monday."""
    for count in range(number):
        came = VARIED[count % len(VARIED)]
        age = timedelta(hours=number * 2 - count * 2, minutes=5)
        desk.came(replace(came, source=f"{came.source}/{count}", age=age))
    changed = desk.came(title="Once approved", source="https://turned.example/", state=State.APPROVED)
    desk.changes(changed, "Now it says something else.")


@pytest.mark.parametrize("reader", READERS)
def test_a_moderator_signs_in_decides_and_takes_it_back(
    reader: str, open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn
) -> None:
    first, second, third = busy.letters(3)
    browser = open_browser(READERS[reader])
    sign_in(browser, served, nora)
    press(browser, first.uid, "Approve")
    browser.find(".done", "Approved “Letter 3”.")
    press(browser, second.uid, "Reject")
    browser.find(".done", "Rejected “Letter 2”.")
    press(browser, third.uid, "Spam")
    browser.find(".done", "Marked “Letter 1” as spam.")
    assert [busy.state(item) for item in (first, second, third)] == [State.APPROVED, State.REJECTED, State.SPAM]
    browser.find(".empty")
    browser.click(".done button", "Undo")
    browser.find(f"#item-{third.uid}")
    assert busy.state(third) is State.PENDING
    browser.click(".self button", "Sign out")
    browser.find("input[name=password]")
    assert browser.complaints() == []


@pytest.mark.parametrize("reader", ["at a desk", "on a phone without JavaScript"])
def test_a_failed_item_is_tried_again(
    reader: str, open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn
) -> None:
    item = busy.came(state=State.FAILED, reason="http_status", reason_details={"status": 403})
    browser = open_browser(READERS[reader])
    enter(browser, served, nora)
    browser.click(".tabs a", "Failed")
    browser.find(".why", "The source answered with status 403.")
    browser.shoot(f"failed {reader}")
    press(browser, item.uid, "Try again")
    browser.find(".done", "is checked again.")
    assert busy.state(item) is State.RECEIVED


ATTEMPTED = {
    "at a desk": Reader(),
    "on a phone": Reader.on_a_phone(),
    "in the dark": Reader(dark=True),
    "in French on a phone": Reader.on_a_phone(language="fr"),
}


@pytest.mark.parametrize("reader", ATTEMPTED)
def test_what_a_bot_wall_keeps_from_us_is_listed_with_each_attempt(
    reader: str, open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn
) -> None:
    wall = {"wall": "Cloudflare", "status": 403}
    item = busy.came(state=State.FAILED, reason="bot_wall", reason_details=wall)
    busy.came(state=State.FAILED, reason="no_link", source="https://quiet.example/log")
    answer = {"status": 403, "final": "https://www.ada.example/2026/reading/?from=a-feed-reader", "seconds": 0.42}
    for seconds in (0.42, 1.3):
        busy.visited(item, "bot_wall", wall | {"visit": answer | {"seconds": seconds}})
    spared = {"status": None, "final": None, "seconds": 0.0, "spared": True}
    busy.visited(item, "unreachable", {"visit": spared})
    busy.visited(item, "bot_wall", wall | {"visit": answer})
    browser = open_browser(ATTEMPTED[reader])
    enter(browser, served, nora, "/admin/?state=failed")
    card = browser.find(f"#item-{item.uid}")
    assert "Cloudflare" in card.text
    browser.shoot(f"walls {reader}")
    browser.open(f"{served.url}/admin/items/{item.uid}")
    assert len(browser.all("#attempts li")) == 4
    browser.shoot(f"attempts {reader}")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.complaints() == []


def test_keys_decide_without_a_mouse(browser: Browser, served: Served, busy: Desk, nora: SignIn) -> None:
    newer, older = busy.letters(2)
    enter(browser, served, nora)
    browser.find(f"#item-{newer.uid}")
    browser.press("j")
    browser.press("j")
    browser.press("a")
    browser.find(".done", "Approved “Letter 1”.")
    assert (busy.state(newer), busy.state(older)) == (State.PENDING, State.APPROVED)
    browser.press("z")
    browser.find(f"#item-{older.uid}")
    browser.waits_for(lambda: busy.state(older) is State.PENDING, "the key did not undo")
    assert browser.complaints() == []


def test_somebody_quicker_is_named(open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn) -> None:
    item = busy.came()
    bob = busy.moderator(f"Bob {next(_numbers)}")
    hers, his = open_browser(), open_browser(Reader(javascript=False))
    enter(hers, served, nora)
    enter(his, served, bob)
    hers.find(f"#item-{item.uid}")
    press(his, item.uid, "Reject")
    his.find(".done")
    hers.find(f"#item-{item.uid}", f"{bob.name} rejected it")
    hers.shoot("conflict")
    assert busy.state(item) is State.REJECTED
    assert hers.complaints() == []


SCENES = {
    "desk": Reader(),
    "phone": Reader.on_a_phone(),
    "dark": Reader(dark=True),
    "french": Reader(language="fr"),
    "dark-phone-french": Reader.on_a_phone(dark=True, language="fr"),
}


@pytest.mark.parametrize("scene", SCENES)
def test_every_page_fits_and_every_target_can_be_touched(
    scene: str, open_browser: OpenBrowser, served: Served, busy: Desk, nora: SignIn
) -> None:
    browser = open_browser(SCENES[scene])
    browser.open(served.url + "/admin/")
    browser.find("input[name=name]")
    fits(browser, f"sign-in-{scene}")
    enter(browser, served, nora)
    browser.find(".empty")
    fits(browser, f"empty-{scene}")
    fill(busy)
    browser.open(served.url + "/admin/")
    browser.find(".item")
    fits(browser, f"queue-{scene}")
    browser.open(browser.find(".item .title a", "A moved page").get_attribute("href") or "")
    browser.find("article.whole")
    fits(browser, f"item-{scene}")
    browser.open(served.url + "/admin/me")
    browser.find("input[name=old]")
    fits(browser, f"account-{scene}")
    browser.open(served.url + "/admin/items/nothing")
    browser.find("a.button")
    fits(browser, f"refused-{scene}")
    assert browser.complaints("404") == []


def test_five_hundred_items_are_ten_pages(browser: Browser, served: Served, busy: Desk, nora: SignIn) -> None:
    fill(busy, 499)
    enter(browser, served, nora)
    browser.shoot("500")
    seen = len(browser.all(".items > .item"))
    while older := browser.all("a[rel=next]"):
        browser.open(older[0].get_attribute("href") or "")
        seen += len(browser.all(".items > .item"))
    assert seen == 500


def fits(browser: Browser, name: str) -> None:
    """The page is no wider than its window, and no button or link of its own is too small for a finger."""
    browser.shoot(name)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than its window"
    small = browser.run(
        """return [...document.querySelectorAll("button, input:not([type=hidden]), .button, .tabs a, .top a")]
        .map((one) => (one.matches("[type=radio], [type=checkbox]") && one.closest("label")) || one)
        .map((one) => [one.textContent || one.name, one.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.height < arguments[0] || box.width < arguments[0]))
        .map(([name, box]) => `${name}: ${box.width} × ${box.height}`)""",
        TOUCH,
    )
    assert small == [], name
