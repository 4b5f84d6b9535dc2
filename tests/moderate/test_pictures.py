"""Authors' pictures as moderators see them: of items in any state, within their reach, from our own address."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from service.values.evidence import Evidence, Vouch, Vouching
from service.values.state import State
from tests.moderate.test_queue import card, words
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.pictures import face, opened, shows
from tests.support.service import MakeSite


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
