"""The bar above the lists in a real browser: by keyboard, on a phone, in the dark, in French, and without a script."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys

from tests.moderate.test_in_a_browser import TOUCH, VARIED, enter
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served


def test_a_moderator_searches_filters_and_keeps_the_address(open_browser: OpenBrowser, served: Served) -> None:
    desk = Desk(served.engine, served.site("https://searched.example/", "en"))
    for came in VARIED:
        desk.came(came)
    who = desk.moderator("Sela")
    browser = open_browser(Reader(javascript=False))
    enter(browser, served, who, "/admin/?state=all")
    browser.fill("input[name=q]", "MARCHAND drawer")
    browser.press(Keys.ENTER)
    browser.find(".narrowed", "MARCHAND drawer")
    assert browser.url.endswith("/admin/?state=all&q=MARCHAND+drawer")
    assert len(browser.all(".item")) == 1
    browser.shoot("search-desk")

    browser.find("summary", "Filters").send_keys(Keys.ENTER)
    browser.fill("input[name=q]", "")
    browser.choose("select[name=type]", "like")
    browser.click(".filters button", "Apply")
    browser.find(".narrowed", "Like")
    assert [one.text for one in browser.all(".item .host")] == ["mira.example"]
    browser.shoot("search-filters-desk")
    kept = browser.url

    phone = open_browser(Reader.on_a_phone(dark=True, language="fr"))
    enter(phone, served, who, kept.removeprefix(served.url))
    phone.find(".narrowed", "Tout retirer")
    assert phone.run("return document.documentElement.scrollWidth <= innerWidth")
    for target in phone.all(".search :is(a, button, input:not([type=hidden]), select, summary)"):
        if target.is_displayed():
            assert target.size["height"] >= TOUCH, target.get_attribute("outerHTML")
    phone.shoot("search-filters-phone-dark-french")
    phone.open(served.url + "/admin/?state=spam&q=nothing+at+all")
    phone.find(".empty")
    phone.shoot("search-nothing-phone-dark-french")
    assert not phone.complaints()
