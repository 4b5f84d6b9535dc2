"""Notes about an item, its host and its author, and what else came from them: for the moderator who comes next."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.threads import KnownItem

HERS = "https://social.example/@ada"


def note(dashboard: Dashboard, item: KnownItem, about: str, words: str) -> int:
    form = dashboard.page(f"/admin/items/{item.uid}").select_one("form.noting")
    assert form is not None
    fields = {"csrf": dashboard.token(), "about": about, "words": words}
    return dashboard.send(str(form["action"]), fields).status_code


def notes(page: BeautifulSoup) -> list[str]:
    return [str(one.select_one(".says").text) for one in page.select("#notes .note")]  # type: ignore[union-attr]


def test_the_next_moderator_sees_what_was_noted_about_item_host_and_author(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    first = desk.came(source="https://social.example/1", author_url=HERS)
    again = desk.came(source="https://social.example/2", author_url=HERS)
    other = desk.came(source="https://social.example/3", author_url="https://social.example/@bo")
    elsewhere = desk.came(source="https://quiet.example/")
    for about in ("item", "host", "author"):
        assert note(dashboard, first, about, f"of the {about}") == 303
    assert note(dashboard, first, "item", "  ") == 303
    assert note(dashboard, first, "everybody", "no") == 400
    nora = open_dashboard(desk.moderator("Nora"))
    assert notes(nora.page(f"/admin/items/{first.uid}")) == ["of the author", "of the host", "of the item"]
    assert notes(nora.page(f"/admin/items/{again.uid}")) == ["of the author", "of the host"]
    assert notes(nora.page(f"/admin/items/{other.uid}")) == ["of the host"]
    assert notes(nora.page(f"/admin/items/{elsewhere.uid}")) == []
    queue = nora.page("/admin/?state=all")
    marks = {uid: queue.select_one(f"#item-{uid} .noted") for uid in (first.uid, other.uid, elsewhere.uid)}
    assert [mark and mark.text for mark in marks.values()] == ["3 notes", "1 note", None]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_note_is_removed_by_its_writer_or_an_owner(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    item = desk.came()
    nora, tom = open_dashboard(desk.moderator("Nora")), open_dashboard(desk.moderator("Tom"))
    for words in ("one", "two"):
        note(nora, item, "item", words)
    forms = nora.page(f"/admin/items/{item.uid}").select("#notes .note form")
    assert len(forms) == 2
    assert tom.page(f"/admin/items/{item.uid}").select("#notes .note form") == []
    path = str(forms[0]["action"])
    assert tom.send(path, {"csrf": tom.token()}).status_code == 403
    assert nora.send(path, {"csrf": nora.token()}).status_code == 303
    (form,) = dashboard.page(f"/admin/items/{item.uid}").select("#notes .note form")
    assert dashboard.send(str(form["action"]), {"csrf": dashboard.token()}).status_code == 303
    assert dashboard.send(path, {"csrf": dashboard.token()}).status_code == 404
    assert notes(nora.page(f"/admin/items/{item.uid}")) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_items_page_names_others_of_its_author_and_host(desk: Desk, dashboard: Dashboard) -> None:
    one = desk.came(source="https://social.example/1", author_url=HERS, name="Ada")
    for number in range(2, 14):
        desk.came(title=f"Hers {number}", source=f"https://social.example/{number}", author_url=HERS, name="Ada")
    desk.came(title="His", source="https://social.example/@bo/1", author_url="https://social.example/@bo", name="Bo")
    page = dashboard.page(f"/admin/items/{one.uid}")
    hers = [link.text for link in page.select("#others-author li a")]
    assert hers == [f"Hers {number}" for number in range(13, 3, -1)]
    assert page.select("#others-host li a")[0].text == "His"
    link = page.select_one("#others-author .further")
    assert link is not None
    assert len(dashboard.page(str(link["href"])).select("#items > li, #items li.item")) >= 13
    alone = desk.came(title="Alone", name="Mira", source="https://alone.example/")
    assert dashboard.page(f"/admin/items/{alone.uid}").select(".others") == []
