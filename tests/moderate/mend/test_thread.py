"""Threads are split and joined: an item with all that answers it goes beneath another one, or stands by itself."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from service.values.state import Kind, Relation, State
from tests.moderate.mend.test_moving import thread
from tests.support.desk import Dashboard, Desk
from tests.support.threads import KnownItem

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def talk(desk: Desk) -> tuple[KnownItem, KnownItem, KnownItem]:
    """A reply, an answer to it that strays, and an answer to that."""
    first = desk.came(source="https://ada.example/", text="The first", relation=Relation.REPLY, state=State.APPROVED)
    strays, last = (
        desk.came(source=f"c:{text}", text=text, kind=Kind.COMMENT, state=State.APPROVED)
        for text in ("It strays", "The last")
    )
    return first, strays, last


def put(dashboard: Dashboard, item: KnownItem, beneath: KnownItem | None) -> int:
    """Chooses that on the item's page; the status of the answer."""
    form = dashboard.page(f"/admin/items/{item.uid}/thread").select_one("form.sheet")
    assert form is not None
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    chosen = beneath.uid if beneath else ""
    offered = [one["value"] for one in form.select("input[type=radio]")]
    told = dashboard.send(str(form["action"]), fields | {"beneath": chosen})
    assert (told.status_code == 303) <= (chosen in offered), "only what is offered is done"
    return told.status_code


def test_a_talk_that_strayed_is_split_off_and_joined_again(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, talk: tuple[KnownItem, KnownItem, KnownItem]
) -> None:
    first, strays, last = talk
    assert put(dashboard, strays, first) == put(dashboard, last, strays) == 303
    assert thread(client, desk, "post") == [("The first", ["It strays"])]
    before = desk.version(strays)
    assert put(dashboard, strays, None) == 303
    assert thread(client, desk, "post") == [("The first", []), ("It strays", ["The last"])]
    assert desk.version(strays) > before
    page = dashboard.page(f"/admin/items/{strays.uid}")
    assert "Olga moved it" in page.text
    event = desk.events(strays)[-1]
    again = dashboard.send("/admin/undo", {"csrf": dashboard.token(), "batch": str(event.batch_id)})
    assert again.status_code == 303
    assert thread(client, desk, "post") == [("The first", ["It strays"])]


def test_no_circle_is_made_and_an_old_screen_moves_nothing(
    desk: Desk, dashboard: Dashboard, talk: tuple[KnownItem, KnownItem, KnownItem]
) -> None:
    first, strays, last = talk
    form = dashboard.page(f"/admin/items/{strays.uid}/thread").select_one("form.sheet")
    assert form is not None
    old = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    put(dashboard, strays, first)
    assert put(dashboard, first, strays) == 422
    assert put(dashboard, strays, first) == 422
    assert dashboard.send(str(form["action"]), old | {"beneath": last.uid}).status_code == 409
    assert (desk.row(first).parent_id, desk.row(strays).parent_id) == (None, first.id)
