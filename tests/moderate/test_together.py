"""Many items decided in one go, and taken back in one go; and what a page's own script is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from service.model import Batch
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.threads import KnownItem

SCRIPT = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}


def some(desk: Desk, number: int, **further: Any) -> list[KnownItem]:
    return [desk.came(title=f"Letter {n}", source=f"https://ada.example/{n}", **further) for n in range(number)]


def decide(
    dashboard: Dashboard, items: list[KnownItem], decision: str, seen: str = "pending 1", **headers: str
) -> TestResponse:
    fields = MultiDict([("csrf", dashboard.token()), ("decision", decision)])
    for item in items:
        fields.add("item", f"{item.uid} {seen}")
    return dashboard.client.post("/admin/decide-all", data=fields, headers={"Sec-Fetch-Site": "same-origin"} | headers)


def by_script(dashboard: Dashboard, items: list[KnownItem], decision: str, seen: str = "pending 1") -> Any:
    answer = decide(dashboard, items, decision, seen, **SCRIPT)
    assert answer.status_code == 200, answer.text
    return answer.json


def undo(dashboard: Dashboard, **number: int) -> TestResponse:
    fields = {"csrf": dashboard.token()} | {name: str(value) for name, value in number.items()}
    return dashboard.client.post("/admin/undo", data=fields, headers=SCRIPT)


def test_a_batch_is_decided_and_taken_back_in_one_go(desk: Desk, dashboard: Dashboard) -> None:
    items = some(desk, 60)  # more than share a transaction
    told = by_script(dashboard, items, "spam")
    assert [desk.state(item) for item in items] == [State.SPAM] * 60
    assert told["said"] == "Marked 60 items as spam."
    assert [one["id"] for one in told["results"]] == [item.uid for item in items]
    assert {one["state"] for one in told["results"]} == {"spam"}
    assert told["waiting"] == 0
    (batch,) = {desk.events(item)[-1].batch_id for item in items}
    assert told["undo"] == {"batch": batch}
    back = undo(dashboard, **told["undo"])
    assert back.json["said"] == "60 items are back where they were."
    assert back.json["waiting"] == 60
    assert [desk.state(item) for item in items] == [State.PENDING] * 60
    (undoing,) = {desk.events(item)[-1].batch_id for item in items}
    with Session(desk.engine) as session:
        told_of = {one.id: (one.by, one.what, one.listed) for one in session.scalars(select(Batch))}
    assert told_of == {batch: ("Olga", "spam", 60), undoing: ("Olga", "undo", 60)}


def test_of_a_batch_those_that_could_not_be_decided_are_told_with_who_and_when(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    mine, his, changed, vanished = some(desk, 4)
    open_dashboard(desk.moderator("Bob")).press_on(his, "Reject")
    desk.changes(changed, "Something else")
    desk.vanishes(vanished)
    told = by_script(dashboard, [mine, his, changed, vanished], "approve")
    done, quicker, newer, gone = told["results"]
    assert (done["state"], told["said"]) == ("approved", "Approved 1 item.")
    assert "Bob rejected it" in quicker["error"]
    assert (quicker["now"], quicker["by"]) == ("rejected", "Bob")
    assert quicker["at"]
    assert "Something newer came in" in newer["error"]
    assert gone["error"] == "There is no such item here."
    assert [desk.state(item) for item in (mine, his, changed)] == [State.APPROVED, State.REJECTED, State.PENDING]


def test_taking_a_batch_back_leaves_what_somebody_else_decided_since(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    mine, his = some(desk, 2)
    told = by_script(dashboard, [mine, his], "approve")
    open_dashboard(desk.moderator("Bob")).press_on(his, "Spam", "/admin/?state=approved")
    results = {one["id"]: one for one in undo(dashboard, **told["undo"]).json["results"]}
    assert results[mine.uid]["state"] == "pending"
    assert "Bob marked it as spam" in results[his.uid]["error"]
    assert [desk.state(item) for item in (mine, his)] == [State.PENDING, State.SPAM]


def test_one_decision_after_the_other_is_taken_back(desk: Desk, dashboard: Dashboard) -> None:
    (item,) = some(desk, 1)
    first = by_script(dashboard, [item], "approve")
    second = by_script(dashboard, [item], "spam", "approved 1")
    assert undo(dashboard, **second["undo"]).status_code == 200
    assert desk.state(item) is State.APPROVED
    assert undo(dashboard, **first["undo"]).status_code == 200
    row = desk.row(item)
    assert (row.state, row.shown, row.decided) == (State.PENDING, None, None)
    again = undo(dashboard, **first["undo"])
    assert "error" in again.json["results"][0]


def test_one_decision_is_told_in_json_and_taken_back_by_its_event(desk: Desk, dashboard: Dashboard) -> None:
    (item,) = some(desk, 1)
    fields = {"csrf": dashboard.token(), "id": item.uid, "from": "pending", "seen": "1", "decision": "approve"}
    told = dashboard.client.post("/admin/decide", data=fields, headers=SCRIPT).json
    event = desk.events(item)[-1].id
    assert told == {
        "results": [{"id": item.uid, "state": "approved", "event": event}],
        "said": "Approved “Letter 0”.",
        "undo": {"event": event},
        "waiting": 0,
    }
    assert undo(dashboard, event=event).json["said"] == "“Letter 0” waits again."
    late = dashboard.client.post("/admin/decide", data={**fields, "from": "spam"}, headers=SCRIPT)
    assert (late.status_code, late.mimetype) == (409, "application/problem+json")
    assert late.json["detail"] == late.json["results"][0]["error"]
    assert late.json["results"][0]["by"] == "Olga"


def test_a_script_is_refused_in_json(desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard) -> None:
    (item,) = some(desk, 1)
    asked = {"item": f"{item.uid} pending 1", "decision": "approve"}
    stranger = open_dashboard()
    refusals = {
        401: stranger.client.post("/admin/decide-all", data=asked, headers=SCRIPT),
        403: dashboard.client.post("/admin/decide-all", data=asked, headers=SCRIPT),
        400: dashboard.client.post("/admin/decide-all", data={"csrf": dashboard.token()}, headers=SCRIPT),
        404: undo(dashboard, batch=12345),
    }
    assert {status: (one.status_code, one.mimetype, one.json["status"]) for status, one in refusals.items()} == {
        status: (status, "application/problem+json", status) for status in refusals
    }
    assert stranger.client.get("/admin/changes?heard=0", headers=SCRIPT).status_code == 401
    assert desk.state(item) is State.PENDING


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_means_nothing_is_refused(desk: Desk, dashboard: Dashboard) -> None:
    (item,) = some(desk, 1)
    good = f"{item.uid} pending 1"
    for items, decision in (
        ([], "approve"),
        ([good], "delete"),
        ([good], "keep"),
        ([good] * 501, "approve"),
        ([item.uid], "approve"),
        ([f"{item.uid} nowhere 1"], "approve"),
        ([f"{item.uid} pending one"], "approve"),
        ([f"{item.uid}  pending 1"], "approve"),
    ):
        fields = MultiDict([("csrf", dashboard.token()), ("decision", decision), *(("item", one) for one in items)])
        answer = dashboard.client.post("/admin/decide-all", data=fields, headers=SCRIPT)
        assert answer.status_code == 400, (items[:2], decision)
    assert desk.state(item) is State.PENDING


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_scripts_what_is_selected_is_decided_and_taken_back(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    items = some(desk, 3)
    page = dashboard.page(str(decide(dashboard, items, "reject").headers["Location"]))
    done = page.select_one(".done")
    assert done is not None and "Rejected 3 items." in done.text
    form = done.select_one("form")
    assert form is not None
    page = dashboard.page(str(dashboard.press(form, "Undo").headers["Location"]))
    assert "3 items are back where they were." in page.select_one(".done").text  # type: ignore[union-attr]
    assert page.select_one(".done form") is None
    open_dashboard(desk.moderator("Bob")).press_on(items[0], "Spam")
    refused = decide(dashboard, items, "approve")
    assert refused.status_code == 409
    said = BeautifulSoup(refused.text, "lxml")
    assert "1 item was not decided" in said.select_one("[role=alert]").text  # type: ignore[union-attr]
    assert "Bob marked it as spam" in said.select_one(".lost").text  # type: ignore[union-attr]
    assert "Approved 2 items." in said.select_one(".done").text  # type: ignore[union-attr]
