"""Editing, answering, noting and erasing in a real browser: with keys at a desk, and on a phone without JavaScript."""

from __future__ import annotations

import pytest

from service.people.roles import OWNER
from service.values.state import Relation, State
from tests.moderate.test_in_a_browser import sign_in
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Desk
from tests.support.host_pages import Served

READERS = {
    "at a desk": Reader(),
    "on a dark phone without JavaScript in French": Reader.on_a_phone(javascript=False, dark=True, language="fr"),
}
WORDS = {
    "at a desk": ("Save", "See how it looks", "Approve and answer", "Keep the note", "Erase it for good"),
    "on a dark phone without JavaScript in French": (
        "Enregistrer",
        "Aperçu",
        "Approuver et répondre",
        "Garder la note",
        "L’effacer pour de bon",
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_an_item_is_answered_edited_noted_about_and_erased(
    reader: str, open_browser: OpenBrowser, served: Served
) -> None:
    save, preview, approve, keep, erase = WORDS[reader]
    desk = Desk(served.engine, served.site(f"https://mend-{len(reader)}.example/", "en"))
    olga = desk.moderator(f"Olga {reader}", role=OWNER)
    item = desk.came(
        title="Re: Reading slowly",
        text="I disagree. Call me: 555-0100",
        relation=Relation.REPLY,
        author_url="https://ada.example/",
    )
    for number in range(3):
        desk.came(
            title=f"Another {number}",
            source=f"https://ada.example/{number}",
            author_url="https://ada.example/",
            state=State.REJECTED,
        )
    browser = open_browser(READERS[reader])
    sign_in(browser, served, olga, f"/admin/?state=pending&site={desk.site.id}")
    if reader == "at a desk":
        browser.find(f"#item-{item.uid}")
        browser.press("j")
        browser.press("r")
    else:
        browser.click("a.answering", within=browser.find(f"#item-{item.uid}"))
    browser.fill("textarea", "Thank **you**, Ada.")
    browser.shoot(f"answer {reader}")
    browser.click("main button", preview)
    browser.find(".seen strong", "you")
    browser.shoot(f"answer shown {reader}")
    browser.click("main button", approve)
    browser.find(".done")
    assert desk.state(item) is State.APPROVED
    browser.open(f"{served.url}/admin/items/{item.uid}")
    browser.fill("#notes textarea", "She wrote twice, and was right twice.")
    browser.click("#notes button", keep)
    browser.find("#notes .note", "right twice")
    browser.shoot(f"item {reader}")
    assert len(browser.all("#others-author li")) == 3
    browser.click(".ways a[href$=edit]")
    browser.fill("textarea", "<p>I disagree. <em>[a number was here]</em></p>")
    browser.click("main button", preview)
    browser.find(".seen em", "a number was here")
    browser.shoot(f"edit {reader}")
    browser.click("main button", save)
    browser.find(".done")
    browser.shoot(f"edited {reader}")
    assert desk.row(item).shown == 2
    browser.click(".ways a[href$=erase]")
    browser.shoot(f"erase {reader}")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.click("main button", erase)
    browser.find(".done")
    assert desk.state(item) is State.ERASED
    assert browser.complaints() == []
