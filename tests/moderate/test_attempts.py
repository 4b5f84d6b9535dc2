"""Attempts at a source: each is listed, and a moderator has it tried again, or looks for himself and approves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
from bs4 import Tag
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.model import Origin
from service.model.engine import writing
from service.values.state import Kind, State
from tests.moderate.test_decisions import landed, undone
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from tests.support.threads import KnownItem


@pytest.mark.parametrize("state", [State.PENDING, State.APPROVED, State.REJECTED, State.SPAM, State.GONE])
def test_any_source_is_checked_again_and_its_item_stays_what_it_is(
    desk: Desk, dashboard: Dashboard, state: State, redis_url: str
) -> None:
    item = desk.came(state=state, columns={"attempts": 3})
    page = landed(dashboard, dashboard.press(again(dashboard, item), "Check again"))
    row = desk.row(item)
    assert (row.state, row.attempts, row.due_at is not None) == (state, 0, True)
    assert "is checked again." in page.select_one(".done").text  # type: ignore[union-attr]
    assert page.select_one(".done button") is None
    assert "Olga had it checked again" in page.text
    assert redis.Redis.from_url(redis_url).llen("rq:queue:verify") == 1


def test_what_waits_for_its_next_attempt_is_tried_at_once(desk: Desk, dashboard: Dashboard) -> None:
    later = datetime.now(UTC) + timedelta(hours=6)
    columns = {"attempts": 4, "due_at": later}
    item = desk.came(state=State.RECEIVED, reason="timeout", columns=columns)
    assert "It is tried again in 6 hours." in dashboard.page("/admin/?state=received").text
    dashboard.press(again(dashboard, item), "Try again now")
    row = desk.row(item)
    assert (row.state, row.attempts) == (State.RECEIVED, 0)
    assert row.due_at is not None and row.due_at < later - timedelta(hours=5)


def test_checking_again_takes_no_decision_back(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    decided = dashboard.press_on(item, "Reject")
    dashboard.press(again(dashboard, item), "Check again")
    undone(dashboard, decided)
    assert desk.state(item) is State.PENDING


def test_trying_again_asks_a_host_that_is_left_alone(desk: Desk, dashboard: Dashboard, engine: Engine) -> None:
    item = desk.came(state=State.FAILED, reason="unreachable")
    with writing(engine) as session:
        row = {"failures": 9, "reason": "unreachable", "rests_until": datetime.now(UTC) + timedelta(hours=1)}
        session.add(Origin(name="https://ada.example", **row))
    dashboard.press_on(item, "Try again", "/admin/?state=failed")
    with Session(engine) as session:
        assert session.scalars(select(Origin)).all() == []


def test_a_comment_has_no_source_to_check(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(kind=Kind.COMMENT, text="Hello")
    assert dashboard.page(f"/admin/items/{item.uid}").select_one("#attempts") is None
    assert dashboard.send("/admin/check", {"csrf": dashboard.token(), "id": item.uid}).status_code == 409


def test_nobody_has_an_item_checked_that_is_not_on_his_sites(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, make_site: MakeSite
) -> None:
    item = desk.came()
    bob = open_dashboard(desk.moderator("Bob", make_site("https://other.example/")))
    assert bob.send("/admin/check", {"csrf": bob.token(), "id": item.uid}).status_code == 404
    assert desk.row(item).due_at is None


def test_a_source_behind_a_bot_wall_is_looked_at_and_approved_by_a_person(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="bot_wall", reason_details={"wall": "Anubis", "status": 200})
    card = dashboard.page("/admin/?state=failed").select_one(f"#item-{item.uid}")
    assert card is not None
    assert "The source is blocked by a bot wall (Anubis)." in card.text
    assert "You can open it yourself" in card.text
    link = card.select_one("a[href='https://ada.example/2026/reading']")
    assert link is not None
    assert (link["target"], link["rel"]) == ("_blank", ["nofollow", "noopener", "noreferrer"])
    dashboard.press_on(item, "Approve by hand", "/admin/?state=failed")
    assert desk.state(item) is State.APPROVED
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert page.select_one("h1").text == "ada.example"  # type: ignore[union-attr]


def test_each_attempt_is_listed_with_when_and_what_it_came_to(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="bot_wall", reason_details={"wall": "Vercel", "status": 429})
    assert "None yet." in attempts(dashboard, item)
    wall = {
        "wall": "Vercel",
        "status": 429,
        "visit": {"status": 429, "final": "https://m.ada.example/", "seconds": 0.4},
    }
    spared = {"visit": {"status": None, "final": None, "seconds": 0.0, "spared": True}}
    found = {"visit": {"status": 200, "final": "https://ada.example/2026/reading", "seconds": 1.25}}
    desk.visited(item, "bot_wall", wall)
    desk.visited(item, "unreachable", spared)
    desk.visited(item, None, found)
    newest, second, oldest = dashboard.page(f"/admin/items/{item.uid}").select("#attempts li")
    assert "links to the post." in newest.text and "Status 200 · 1.25 sec" in newest.text
    assert "ada.example" not in newest.text
    assert "could not be reached." in second.text and "Its host was not asked" in second.text
    assert "bot wall (Vercel)" in oldest.text and "Status 429 · 0.4 sec · https://m.ada.example/" in oldest.text


def test_what_was_not_asked_or_not_read_is_not_said_to_be(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    there = "https://busy.example/"
    desk.visited(item, "rate_limited", {"visit": {"status": None, "final": there, "seconds": 0.1, "spared": True}})
    desk.visited(item, None, {"visit": {"status": 304, "final": "https://ada.example/2026/reading", "seconds": 0.2}})
    unchanged, spared = dashboard.page(f"/admin/items/{item.uid}").select("#attempts li")
    assert "as it was when it was last read" in unchanged.text and "links to the post" not in unchanged.text
    assert "had asked for patience" in spared.text and "could not be reached" not in spared.text
    assert there in spared.text


def again(dashboard: Dashboard, item: KnownItem) -> Tag:
    """The form that has an item's source checked again, on the item's page."""
    form = dashboard.page(f"/admin/items/{item.uid}").select_one("#attempts form")
    assert form is not None
    return form


def attempts(dashboard: Dashboard, item: KnownItem) -> str:
    """What an item's page says of the visits to its source."""
    section = dashboard.page(f"/admin/items/{item.uid}").select_one("#attempts")
    assert section is not None
    return section.text
