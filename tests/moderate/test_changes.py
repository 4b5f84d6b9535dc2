"""What a page that stays open is told: what others decided, what stands at the head of its list, and how many wait."""

from __future__ import annotations

from typing import Any

from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard


def changes(dashboard: Dashboard, after: int, query: str = "") -> Any:
    answer = dashboard.read(f"/admin/changes?heard={after}{query}", Accept="application/json")
    assert answer.status_code == 200, answer.text
    return answer.json


def heard(dashboard: Dashboard) -> int:
    """From where on the list asks."""
    items = dashboard.page().select_one("#items")
    assert items is not None
    return int(str(items["data-heard"]))


def test_what_another_moderator_decided_is_told_with_who_and_when(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    his, other = desk.came(source="https://ada.example/1"), desk.came(source="https://ada.example/2")
    begun = heard(dashboard)
    assert changes(dashboard, begun)["changed"] == []
    open_dashboard(desk.moderator("Bob")).press_on(his, "Reject")
    told = changes(dashboard, begun)
    (one,) = told["changed"]
    assert (one["id"], one["state"], one["waits"]) == (his.uid, "rejected", False)
    assert one["said"].startswith("Bob rejected it ")
    assert (told["first"], told["waiting"], told["behind"]) == ([other.uid], 1, False)
    assert told["heard"] > begun
    # What was told a moment ago is told again, as it is now.
    assert changes(dashboard, told["heard"])["changed"] == told["changed"]


def test_a_newer_version_is_told(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED)
    begun = heard(dashboard)
    number = desk.changes(item, "Something else")
    desk.visited(item, None, {})
    (one,) = changes(dashboard, begun)["changed"]
    assert (one["state"], one["latest"], one["waits"]) == ("approved", number, True)


def test_what_arrived_stands_at_the_head_of_the_list_that_is_asked_for(desk: Desk, dashboard: Dashboard) -> None:
    old = desk.came(source="https://ada.example/1")
    begun = heard(dashboard)
    new = desk.came(source="https://ada.example/2")
    spam = desk.came(source="https://ada.example/3", state=State.SPAM)
    assert changes(dashboard, begun)["first"] == [new.uid, old.uid]
    assert changes(dashboard, begun, "&state=spam")["first"] == [spam.uid]


def test_nobody_is_told_of_what_is_not_his(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, make_site: Any
) -> None:
    item = desk.came()
    bob = open_dashboard(desk.moderator("Bob", make_site("https://other.example/")))
    dashboard.press_on(item, "Approve")
    told = changes(bob, 0)
    assert (told["changed"], told["first"], told["waiting"]) == ([], [], 0)


def test_a_number_that_is_none_is_refused(dashboard: Dashboard) -> None:
    for wrong in ("", "-1", "x", "9" * 40, "²"):
        assert dashboard.read(f"/admin/changes?heard={wrong}").status_code == 400
