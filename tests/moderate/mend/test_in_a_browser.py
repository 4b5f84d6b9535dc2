"""Editing, answering, noting, erasing, putting elsewhere and merging in a real browser: with keys at a desk, and on a
phone without JavaScript. How each page looks and fits, tests/house/test_screens.py sees."""

from __future__ import annotations

from service.people.roles import OWNER
from service.values.state import Kind, Relation, State
from tests.moderate.test_in_a_browser import enter
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served

SAYS = "I disagree. Call me: 555-0100, and we shall see."


def test_an_item_is_answered_edited_noted_about_and_erased(browser: Browser, served: Served) -> None:
    desk = Desk(served.engine, served.site("https://mend-desk.example/", "en"))
    item = desk.came(title="Re: Reading slowly", text=SAYS, relation=Relation.REPLY, author_url="https://ada.example/")
    desk.came(source="https://ada.example/2", author_url="https://ada.example/", state=State.REJECTED)
    enter(browser, served, desk.moderator("Olga mends", role=OWNER), f"/admin/?state=pending&site={desk.site.id}")
    browser.find(f"#item-{item.uid}")
    browser.press("j")
    browser.press("r")
    browser.fill("textarea", "Thank **you**, Ada.")
    browser.click("main button", "See how it looks")
    browser.find(".seen strong", "you")
    browser.click("main button", "Approve and answer")
    browser.find(".done")
    assert desk.state(item) is State.APPROVED
    browser.open(f"{served.url}/admin/items/{item.uid}")
    browser.fill("#notes textarea", "She wrote twice, and was right twice.")
    browser.click("#notes button", "Keep the note")
    browser.find("#notes .note", "right twice")
    assert len(browser.all("#others-author li")) == 1
    browser.click(".ways a[href$=edit]")
    browser.fill("textarea", "<p>I disagree. <em>[a number was here]</em></p>")
    browser.click("main button", "See how it looks")
    browser.find(".seen em", "a number was here")
    browser.click("main button", "Save")
    browser.find(".done")
    assert desk.row(item).shown == 2
    browser.click(".ways a[href$=erase]")
    browser.click("main button", "Erase it for good")
    browser.find(".done")
    assert desk.state(item) is State.ERASED
    assert browser.complaints() == []


def test_on_a_phone_without_javascript_each_form_does_what_it_says(open_browser: OpenBrowser, served: Served) -> None:
    desk = Desk(served.engine, served.site("https://mend-phone.example/", "fr"))
    up = {"text": SAYS, "relation": Relation.REPLY, "state": State.APPROVED}
    other = desk.came(source="https://ada.example/reply", **up)
    item = desk.came(source="http://ada.example/reply", **up)
    answer = desk.came(source="c:1", text="Vraiment ?", kind=Kind.COMMENT, state=State.APPROVED)
    browser = open_browser(Reader.on_a_phone(javascript=False, dark=True, language="fr"))
    enter(browser, served, desk.moderator("Olga en route", role=OWNER), f"/admin/items/{item.uid}/answer")
    browser.fill("textarea", "Merci, **Ada**.")
    browser.click("main button", "Aperçu")
    browser.find(".seen strong", "Ada")
    browser.open(f"{served.url}/admin/items/{answer.uid}/thread")
    browser.click(f"input[value='{item.uid}']")
    browser.click("main button", "Le placer là")
    browser.find(".done")
    assert desk.row(answer).parent_id == item.id
    browser.open(f"{served.url}/admin/items/{item.uid}/merge")
    browser.click(".likely a")
    browser.click(f"button[value='{other.uid}']", "Celui-ci reste")
    browser.find(".done")
    assert (desk.row(answer).parent_id, desk.state(item)) == (other.id, State.REJECTED)
    assert browser.complaints() == []
