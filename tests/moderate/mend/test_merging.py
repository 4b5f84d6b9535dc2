"""Two items that are one thing become one: it is known by both sources, and what is sent for either comes to it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Arrival
from service.values.address import parse, source_key
from service.values.state import Kind, Protocol, Relation, State
from tests.moderate.mend.test_moving import thread
from tests.support.desk import Dashboard, Desk
from tests.support.threads import KnownItem

INSECURE, SECURE = "http://ada.example/on-slowness", "https://ada.example/on-slowness"


@pytest.fixture
def twice(desk: Desk) -> tuple[KnownItem, KnownItem]:
    """One reply that came twice: by pingback as http, and by webmention as https, which somebody answered."""
    said = {"text": "Slowly, then", "relation": Relation.REPLY, "state": State.APPROVED}
    older = desk.came(source=INSECURE, kind=Kind.PINGBACK, columns={"source_key": source_key(parse(INSECURE))}, **said)
    newer = desk.came(source=SECURE, columns={"source_key": source_key(parse(SECURE))}, **said)
    desk.came(source="c:1", text="So it is", kind=Kind.COMMENT, state=State.APPROVED, columns={"parent_id": newer.id})
    return older, newer


def merge(
    dashboard: Dashboard, item: KnownItem, other: KnownItem, stays: KnownItem, meanwhile: object = None
) -> TestResponse:
    """Chooses the other one on the item's page, and then which stays."""
    link = dashboard.page(f"/admin/items/{item.uid}/merge").select_one(f".likely a[href*='{other.uid}']")
    assert link is not None
    form = dashboard.page(str(link["href"])).select_one("main form")
    assert form is not None
    if callable(meanwhile):
        meanwhile()
    pair = [str(one["value"]) for one in form.select("input[name=item]")]
    return dashboard.send(str(form["action"]), {"csrf": dashboard.token(), "item": pair, "stays": stays.uid})  # type: ignore[dict-item]


def ways(desk: Desk, item: KnownItem) -> set[str]:
    with Session(desk.engine) as session:
        return set(session.scalars(select(Arrival.protocol).where(Arrival.reflection_id == item.id)))


def test_one_stays_with_what_came_by_both_and_one_undo_parts_them(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, twice: tuple[KnownItem, KnownItem]
) -> None:
    older, newer = twice
    listed = dashboard.page(f"/admin/items/{older.uid}/merge").select_one(".likely")
    assert listed is not None
    assert "The same address" in listed.text
    done = merge(dashboard, older, newer, older)
    page = dashboard.page(str(done.headers["Location"]))
    assert "Merged both into one." in page.text
    assert thread(client, desk, "post") == [("Slowly, then", ["So it is"])]
    assert ways(desk, older) == {Protocol.PINGBACK, Protocol.WEBMENTION}
    assert "It was merged into another item." in dashboard.page(f"/admin/items/{newer.uid}").text
    sent = client.post("/webmention", data={"source": SECURE, "target": desk.site.page("post")})
    assert str(sent.headers["Location"]).endswith(older.uid)
    form = page.select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 303
    assert thread(client, desk, "post") == [("Slowly, then", []), ("Slowly, then", ["So it is"])]
    assert (ways(desk, older), ways(desk, newer)) == ({Protocol.PINGBACK}, {Protocol.WEBMENTION})
    sent = client.post("/webmention", data={"source": SECURE, "target": desk.site.page("post")})
    assert str(sent.headers["Location"]).endswith(newer.uid)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_changed_meanwhile_is_not_merged(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, twice: tuple[KnownItem, KnownItem]
) -> None:
    older, newer = twice
    assert merge(dashboard, older, newer, older, lambda: desk.changes(newer, "Quickly, then")).status_code == 409
    assert [words for words, _ in thread(client, desk, "post")] == ["Slowly, then", "Slowly, then"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_not_be_one_is_refused_with_its_reason(
    desk: Desk, dashboard: Dashboard, twice: tuple[KnownItem, KnownItem]
) -> None:
    older, newer = twice
    elsewhere = desk.came(source="https://bo.example/", post="other")
    answer = desk.came(source="https://cy.example/", columns={"parent_id": older.id})
    for given in ("nobody", "no address", elsewhere.uid, older.uid):
        assert dashboard.client.get(f"/admin/items/{older.uid}/merge", query_string={"with": given}).status_code == 422
    for given in (SECURE, f"{desk.site.page('post')}#reflection-{newer.uid}"):
        assert (
            "Which of them stays?"
            in dashboard.page(f"/admin/items/{older.uid}/merge?with={given.replace('#', '%23')}").text
        )
    told = merge(dashboard, older, answer, older)
    assert (told.status_code, "One of them answers the other" in told.text) == (422, True)
    assert desk.state(answer) is State.PENDING
