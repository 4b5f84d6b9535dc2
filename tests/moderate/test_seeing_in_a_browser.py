"""Overview, record and being told in a real browser: on a desk, on a phone, in the dark and in French, no script."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from service.model import Counted, Daily
from service.model.daily import DAYS
from service.model.engine import writing
from service.values.state import State
from tests.moderate.test_in_a_browser import TOUCH, VARIED, enter
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served
from workers.count import count_days

PAGES = ("overview", "record", "told")


def a_busy_month(desk: Desk) -> None:
    """Numbers of thirty days, as they are counted."""
    chance, today, now = random.Random(3), datetime.now(UTC).date(), datetime.now(UTC)
    rows = []
    for back in range(1, DAYS):
        day, many = today - timedelta(days=back), chance.randint(8, 60) + (90 if back == 11 else 0)
        spam = many // 2 + (60 if back == 11 else 0)
        rows += [
            (day, "kind", "webmention", many),
            (day, "kind", "pingback", many // 3),
            (day, "type", "reply", many // 2),
            (day, "type", "mention", many // 2),
            (day, "decided", "approved", many // 2),
            (day, "decided", "rejected", many // 8),
            (day, "ruled", "spam", spam),
            (day, "kind_went", "webmention approved", many // 2),
            (day, "kind_went", "pingback spam", many // 3),
            (day, "type_went", "reply approved", many // 3),
            (day, "type_went", "mention rejected", many // 8),
            (day, "type_went", "mention approved", many // 4),
            (day, "host", "mira.example", many // 4),
            (day, "took", "hour", many // 3),
            (day, "took", "day", many // 5),
        ]
    with writing(desk.engine) as session:
        kept = [
            {"site_id": desk.site.id, "day": day, "what": what, "which": which, "number": number}
            for day, what, which, number in rows
        ]
        session.execute(insert(Daily), kept)
        session.execute(insert(Counted), [{"day": today - timedelta(days=back), "at": now} for back in range(1, DAYS)])
    count_days(desk.engine, threading.Event())


def at_all_pages(browser: Browser, served: Served, name: str) -> None:
    for page in PAGES:
        browser.open(f"{served.url}/admin/{page}")
        browser.find("h1")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), page
        browser.shoot(f"{page}-{name}")


def test_a_moderator_sees_the_whole_on_each_screen(open_browser: OpenBrowser, served: Served) -> None:
    desk = Desk(served.engine, served.site("https://overseen.example/", "en"))
    for came in VARIED:
        desk.came(came)
    who = desk.moderator("Vera")
    a_busy_month(desk)
    browser = open_browser(Reader(javascript=False))
    enter(browser, served, who)
    for label in ("Approve", "Spam"):
        browser.click(".item .acts button", label)
    desk.visited(desk.came(title="Gone by now", state=State.GONE), "http_status", {"status": 410})
    at_all_pages(browser, served, "desk")
    browser.open(served.url + "/admin/overview")
    assert len(browser.all(".plot g title")) == DAYS
    browser.click("#days-table summary")
    browser.find("#days-table tbody tr")
    assert len(browser.all("#days-table tbody tr")) == DAYS
    browser.open(served.url + "/admin/record")
    assert len(browser.all(".step")) >= 2

    phone = open_browser(Reader.on_a_phone(dark=True, language="fr"))
    enter(phone, served, who)
    at_all_pages(phone, served, "phone-dark-french")
    phone.open(served.url + "/admin/record")
    for target in phone.all("main :is(button, select, summary, .button, input:not([type=hidden]))"):
        if target.is_displayed():
            assert target.size["height"] >= TOUCH, target.get_attribute("outerHTML")
    assert not phone.complaints()
    assert not browser.complaints()
