"""Authors' pictures as moderators see them: of items in any state, within their reach, from our own address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.values.evidence import Evidence, Vouch, Vouching
from service.values.state import State
from tests.moderate.test_queue import card, words
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.pictures import comes, face, opened, shows
from tests.support.service import MakeSite
from tests.support.threads import KnownItem


@pytest.mark.parametrize("state", [State.PENDING, State.SPAM, State.APPROVED])
def test_a_moderator_sees_the_picture_of_an_item_in_any_state(
    desk: Desk, dashboard: Dashboard, engine: Engine, state: State
) -> None:
    item = desk.came(state=state)
    name = shows(engine, item, face())
    path = "/admin/" if state is State.PENDING else f"/admin/?state={state}"
    image = card(dashboard, item, path).select_one(".face")
    assert image is not None and (image.name, image["alt"]) == ("img", "")
    assert image["src"] == f"/admin/pictures/{name}.webp"
    answer = dashboard.client.get(str(image["src"]))
    assert answer.status_code == 200 and opened(answer.data).size == (96, 96)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/webp", "no-store")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "img-src 'self'" in dashboard.client.get(path).headers["Content-Security-Policy"]


def up(desk: Desk, dashboard: Dashboard, item: KnownItem, name: str) -> tuple[bool, int]:
    """Whether readers see that picture with the item, and what its address answers."""
    row = desk.row(item)
    portraits = {one.number: one.portrait for one in desk.revisions(item)}
    return portraits.get(row.shown or 0) == name, dashboard.client.get(f"/pictures/{name}.webp").status_code


def test_no_picture_is_published_that_was_not_on_the_screen(desk: Desk, dashboard: Dashboard, engine: Engine) -> None:
    item = desk.came()
    form = dashboard.form(item)
    late = comes(engine, item, face(colour="#000"), "https://ada.example/me.png")
    dashboard.press(form, "Approve")
    assert up(desk, dashboard, item, late) == (False, 404)
    desk.changes(item, "New words")
    nice = comes(engine, item, face(colour="#fff"), "https://ada.example/nice.png", revision=2)
    dashboard.press_on(item, "Keep it as it is")
    assert up(desk, dashboard, item, late) == up(desk, dashboard, item, nice) == (False, 404)
    again = dashboard.form(item, "/admin/?state=approved")
    dashboard.press(again, "Reject")
    dashboard.press_on(item, "Approve", "/admin/?state=rejected")
    assert up(desk, dashboard, item, nice) == (True, 200)


@pytest.mark.parametrize("way", ["button", "list", "script"])
def test_the_picture_that_was_on_the_screen_comes_up(
    desk: Desk, dashboard: Dashboard, engine: Engine, client: FlaskClient, way: str
) -> None:
    item = desk.came()
    name = comes(engine, item, face(), "https://ada.example/me.png")
    if way == "button":
        dashboard.press_on(item, "Approve")
    elif way == "list":
        picked = dashboard.page().select_one(".pick")
        assert picked is not None
        listed = {"csrf": dashboard.token(), "decision": "approve", "item": str(picked["value"])}
        assert dashboard.send("/admin/decide-all", listed).status_code == 303
    else:
        asked = {"state": "approved", "from": "pending", "seen": 1}
        bearer = {"Authorization": f"Bearer {desk.site.token}"}
        path = f"/api/v1/reflections/{item.uid}"
        assert client.get(path, headers=bearer).get_json()["picture"] == name
        assert client.patch(path, json=asked | {"picture": "x"}, headers=bearer).status_code == 400
        assert client.patch(path, json=asked, headers=bearer).status_code == 200
        assert up(desk, dashboard, item, name) == (False, 404)
        confirmed = asked | {"from": "approved", "picture": name}
        assert client.patch(path, json=confirmed, headers=bearer).status_code == 200
    assert up(desk, dashboard, item, name) == (True, 200)
    desk.changes(item, "New words")
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert [image["src"] for image in page.select("section img")] == [f"/admin/pictures/{name}.webp"]


def test_without_a_picture_there_are_initials(desk: Desk, dashboard: Dashboard) -> None:
    assert words(card(dashboard, desk.came()).select_one(".face")) == "AM"  # type: ignore[arg-type]


def test_who_has_no_business_with_the_site_has_none_with_its_pictures(
    desk: Desk, open_dashboard: OpenDashboard, make_site: MakeSite, engine: Engine
) -> None:
    name = shows(engine, desk.came(), face())
    other = open_dashboard(desk.moderator("olga", make_site("https://other.example/")))
    assert other.client.get(f"/admin/pictures/{name}.webp").status_code == 404
    assert open_dashboard().client.get(f"/admin/pictures/{name}.webp").status_code == 302


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (Vouching.LINKS, "friends.example vouches for it."),
        (Vouching.SILENT, "Its sender says that friends.example vouches for it, but that page doesn’t link to it."),
        (Vouching.UNREAD, "Its sender says that friends.example vouches for it, but that page could not be read."),
        (Vouching.STRANGER, "Its sender says that friends.example vouches for it, of whom nothing is approved here."),
    ],
)
def test_who_vouches_is_a_hint(desk: Desk, dashboard: Dashboard, says: Vouching, sentence: str) -> None:
    item = desk.came()
    vouch = Vouch("https://friends.example/links", says)
    seen = Evidence("https://ada.example/x", "https://ada.example/x", vouch=vouch)
    assert Evidence.from_json(seen.as_json()) == seen
    desk.saw(item, seen)
    assert sentence in words(card(dashboard, item))
