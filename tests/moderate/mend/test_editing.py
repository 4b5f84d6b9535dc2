"""A moderator puts other words in the place of an item's own: readers see them, marked as edited."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk
from tests.support.threads import KnownItem

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def edit(dashboard: Dashboard, item: KnownItem, **words: str) -> TestResponse:
    """What comes of saving these words on the page that shows the item's own."""
    form = dashboard.page(f"/admin/items/{item.uid}/edit").select_one("form.sheet")
    assert form is not None
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
    area = form.select_one("textarea")
    assert area is not None
    return dashboard.send(str(form["action"]), {**fields, "content": area.text.strip(), **words})


def undo(dashboard: Dashboard, answer: TestResponse) -> None:
    assert answer.status_code == 303, answer.text
    form = dashboard.page(str(answer.headers["Location"])).select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 303


def seen(client: FlaskClient, desk: Desk) -> list[dict[str, Any]]:
    """What readers see."""
    answer = client.get("/api/v1/thread", query_string={"url": desk.site.page("post")})
    found: list[dict[str, Any]] = answer.json["reflections"]  # type: ignore[index]
    return found


@pytest.fixture
def reply(desk: Desk) -> KnownItem:
    """A reply that is up, with a telephone number in it."""
    return desk.came(title="", text="Call me: 555-0100", relation=Relation.REPLY, state=State.APPROVED)


def test_readers_see_the_edit_and_that_it_is_one(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, reply: KnownItem
) -> None:
    assert seen(client, desk)[0]["edited"] is None
    content = '<p onclick="x()">Call me: <em>[removed]</em><script>x()</script></p>'
    answer = edit(dashboard, reply, content=content, author_name="Ada M.")
    page = dashboard.page(str(answer.headers["Location"]))
    assert "Edited “Ada M.”." in page.text
    assert page.select_one(".who .tag", string="edited") is not None
    (one,) = seen(client, desk)
    assert one["content"] == {"html": "<p>Call me: <em>[removed]</em></p>", "text": "Call me: [removed]"}
    assert (one["author"]["name"], one["edited"] is not None) == ("Ada M.", True)
    assert [version.made_by for version in desk.revisions(reply)] == ["source", "moderator"]
    assert "Olga edited it" in dashboard.page(f"/admin/items/{reply.uid}").text


def test_an_edit_is_taken_back_and_what_was_before_it_too(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    item = desk.came(title="", text="Call me: 555-0100", relation=Relation.REPLY)
    approved = dashboard.press_on(item, "Approve")
    edited = edit(dashboard, item, content="<p>Call me</p>")
    undo(dashboard, edited)
    row = desk.row(item)
    assert (row.state, row.shown, row.latest, row.decided) == (State.APPROVED, 1, 1, 1)
    assert seen(client, desk)[0]["content"]["text"] == "Call me: 555-0100"
    assert dashboard.page().select_one(f"#item-{item.uid}") is None
    number = str(approved.headers["Location"]).partition("done=")[2].partition("#")[0]
    again = dashboard.send("/admin/undo", {"csrf": dashboard.token(), "event": number})
    assert again.status_code == 303, again.text
    row = desk.row(item)
    assert (row.state, row.shown, row.latest, row.decided) == (State.PENDING, None, 1, None)
    card = dashboard.page().select_one(f"#item-{item.uid}")
    assert card is not None
    assert "555-0100" in card.text


def test_an_edit_of_what_waits_is_seen_by_nobody_before_it_is_approved(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    item = desk.came(title="", text="Call me: 555-0100", relation=Relation.REPLY)
    edit(dashboard, item, content="<p>Call me</p>")
    row = desk.row(item)
    assert (row.state, row.shown, row.latest, row.decided) == (State.PENDING, None, 2, None)
    assert seen(client, desk) == []
    dashboard.press_on(item, "Approve")
    assert seen(client, desk)[0]["content"]["text"] == "Call me"


def test_newer_words_of_the_source_wait_and_the_edit_stays_up(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, reply: KnownItem
) -> None:
    edit(dashboard, reply, content="<p>Call me</p>")
    newest = desk.changes(reply, "Call me: 555-0199")
    assert newest == 3
    assert seen(client, desk)[0]["content"]["text"] == "Call me"
    card = dashboard.page().select_one(f"#item-{reply.uid}")
    assert card is not None
    assert "It changed since it was approved." in card.text
    dashboard.press_on(reply, "Keep it as it is")
    assert seen(client, desk)[0]["content"]["text"] == "Call me"


def test_words_that_came_meanwhile_are_shown_before_they_are_edited_over(
    desk: Desk, dashboard: Dashboard, reply: KnownItem
) -> None:
    form = dashboard.page(f"/admin/items/{reply.uid}/edit").select_one("form.sheet")
    assert form is not None
    desk.changes(reply, "I was wrong.")
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
    answer = dashboard.send(str(form["action"]), fields | {"content": "<p>Mine</p>"})
    assert answer.status_code == 409
    assert "I was wrong." in answer.text
    assert "&lt;p&gt;Mine&lt;/p&gt;" in answer.text
    assert desk.row(reply).latest == 2


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"author_url": "javascript:alert(1)"}, 422),
        ({"content": "x" * 100_001}, 422),
        ({"preview": "1"}, 200),
        ({"from": "erased and more"}, 400),
        ({"seen": "-1"}, 400),
    ],
)
def test_what_can_not_be_kept_changes_nothing(
    desk: Desk, dashboard: Dashboard, reply: KnownItem, words: dict[str, str], status: int
) -> None:
    assert edit(dashboard, reply, **words).status_code == status
    assert desk.row(reply).latest == 1


def test_a_number_that_an_edit_had_is_given_to_no_other_words(
    desk: Desk, dashboard: Dashboard, reply: KnownItem
) -> None:
    """Else whoever still looks at the edit would approve what he never saw."""
    undo(dashboard, edit(dashboard, reply, content="<p>Mine</p>"))
    edit(dashboard, reply, content="<p>Mine again</p>")
    assert desk.row(reply).latest == 3


def test_what_is_gone_or_failed_is_not_edited(desk: Desk, dashboard: Dashboard) -> None:
    for state in (State.FAILED, State.GONE):
        item = desk.came(state=state, source=f"https://{state}.example/", kind=Kind.PINGBACK)
        assert dashboard.read(f"/admin/items/{item.uid}/edit").status_code == 404
