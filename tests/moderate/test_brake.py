"""The brake: pulled from the dashboard for some hours, told to everybody there, let go by a press or by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.model import Brake, Site
from service.model.engine import writing
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite, MakeSite

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def banner(page: BeautifulSoup) -> str:
    return " ".join(" ".join(one.text for one in page.select(".braked p")).split())


def the_site(desk: Desk, site: KnownSite) -> Site:
    with Session(desk.engine, expire_on_commit=False) as session:
        return session.get_one(Site, site.id)


def pull(dashboard: Dashboard, what: str, label: str, path: str = "/admin/brake") -> None:
    form = dashboard.page(path).select_one(f"form.pull:has(input[value={what}])")
    assert form is not None
    assert dashboard.press(form, label).status_code == 303


def test_everybody_is_told_who_pulled_it_and_until_when_and_may_end_it(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    pull(dashboard, "hold", "Hold everything: 6 hours", "/admin/")
    until = the_site(desk, desk.site).held_until
    assert until is not None
    assert timedelta(hours=5.9) < until - datetime.now(UTC) <= timedelta(hours=6)
    bob = open_dashboard(desk.moderator("Bob"))
    for path in ("/admin/", "/admin/me", "/admin/brake"):
        told = banner(bob.page(path))
        assert "Everything is held: nothing is approved without a person. by Olga, until" in told, path
        assert f"{until:%H:%M} UTC" in told
    form = bob.page("/admin/me").select_one(".braked form")
    assert form is not None
    ended = bob.press(form, "End it now: Everything is held: nothing is approved without a person.")
    assert ended.headers["Location"] == "/admin/me"
    assert banner(bob.page()) == ""
    assert the_site(desk, desk.site).held_until is None
    (record,) = [" ".join(one.text.split()) for one in bob.page("/admin/brake").select(".past li")]
    assert "by Olga" in record
    assert "ended by Bob" in record


@on_sqlite
def test_a_moderator_brakes_his_own_sites_alone(
    desk: Desk, open_dashboard: OpenDashboard, make_site: MakeSite, dashboard: Dashboard
) -> None:
    other = make_site("https://other.example/")
    bob = open_dashboard(desk.moderator("Bob"))
    pull(bob, "close", "Close all posts: 3 days")
    assert the_site(desk, desk.site).closed_until is not None
    assert the_site(desk, other).closed_until is None
    assert "https://blog.example/" in banner(dashboard.page()), "an owner of both is told where"
    token = {"csrf": bob.token(), "what": "close"}
    assert bob.send("/admin/brake", token | {"hours": "1", "site": str(other.id)}).status_code == 404
    pull(dashboard, "close", "Close all posts: 1 hour")
    assert the_site(desk, other).closed_until is not None
    assert bob.send("/admin/brake/end", token | {"site": str(other.id)}).status_code == 404
    assert bob.send("/admin/brake/end", token).status_code == 303
    assert the_site(desk, desk.site).closed_until is None
    assert the_site(desk, other).closed_until is not None


@on_sqlite
def test_it_ends_by_itself_and_the_record_keeps_it(desk: Desk, dashboard: Dashboard) -> None:
    pull(dashboard, "close", "Close all posts: 1 hour")
    pull(dashboard, "close", "Close all posts: 6 hours")
    assert len(dashboard.page().select(".braked")) == 1, "the second takes the place of the first"
    past = datetime.now(UTC) - timedelta(seconds=1)
    with writing(desk.engine) as session:
        session.execute(update(Brake).where(Brake.ended.is_(None)).values(until=past))
        session.execute(update(Site).values(closed_until=past))
    assert banner(dashboard.page()) == ""
    with Session(desk.engine) as session:
        assert [one.ended_by for one in session.scalars(select(Brake).order_by(Brake.id))] == ["Olga", None]


@on_sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"what": "hold"},
        {"what": "hold", "hours": "5"},
        {"what": "hold", "hours": "-1"},
        {"what": "pause", "hours": "6"},
        {"what": "hold", "hours": "6", "site": "x"},
        {"what": "hold", "hours": "6", "site": "²"},
    ],
)
def test_nonsense_is_refused(dashboard: Dashboard, desk: Desk, fields: dict[str, str]) -> None:
    assert dashboard.send("/admin/brake", {"csrf": dashboard.token(), **fields}).status_code == 400
    assert the_site(desk, desk.site).held_until is None
