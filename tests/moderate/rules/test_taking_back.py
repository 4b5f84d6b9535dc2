"""A rule shows what it let in, and all of it is taken back in one act, which one undo puts back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.model import Batch, Event, Reflection, Rule
from service.model.engine import writing
from service.model.states import Step, as_it_was, step
from service.values.state import State
from tests.moderate.rules.test_rules import words
from tests.support.desk import Dashboard, Desk
from tests.support.threads import KnownItem

TOLD = {"kind": "host", "value": "friend.example", "verdict": "approve"}


@pytest.fixture
def rule(desk: Desk) -> int:
    """``approve host friend.example``."""
    with writing(desk.engine) as session:
        made = Rule(site_id=desk.site.id, created=datetime.now(UTC), created_by="Olga", hits=3, **TOLD)
        session.add(made)
        session.flush()
        return made.id


def let_in(desk: Desk, rule: int, number: int, verdict: State = State.APPROVED) -> KnownItem:
    """An item that the rule decided when it came."""
    item = desk.came(source=f"https://friend.example/{number}", title=f"Letter {number}", state=State.PENDING)
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, item.id)
        show = 1 if verdict is State.APPROVED else None
        done = Step(
            State.PENDING, verdict, f"rule {rule}", show=show, rule=rule, values={"decided": 1}, details={"rule": TOLD}
        )
        step(session, row, done, datetime.now(UTC))
        assert row.rule_id == rule
    return item


def renew(desk: Desk, rule: int, item: KnownItem) -> None:
    """The rule lets the new version of an item through."""
    number = desk.changes(item, "Something else by now.")
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, item.id)
        details = {"rule": TOLD, "renews": number, "before": as_it_was(session, row)}
        values = {"decided": number}
        renews = Step(row.state, row.state, f"rule {rule}", show=number, rule=rule, values=values, details=details)
        step(session, row, renews, datetime.now(UTC))


def states(desk: Desk, *items: KnownItem) -> list[tuple[State, int | None, int | None, int | None]]:
    rows = [desk.row(item) for item in items]
    return [(row.state, row.shown, row.decided, row.rule_id) for row in rows]


def test_all_that_a_rule_let_in_is_taken_back_at_once_and_put_back_by_one_undo(
    desk: Desk, dashboard: Dashboard, rule: int
) -> None:
    whole, renewed, touched, by_hand = (
        let_in(desk, rule, 1),
        desk.came(title="By Olga"),
        let_in(desk, rule, 2),
        desk.came(),
    )
    dashboard.press_on(renewed, "Approve", f"/admin/items/{renewed.uid}")
    renew(desk, rule, renewed)
    dashboard.press_on(touched, "Reject", f"/admin/items/{touched.uid}")
    before = states(desk, whole, renewed, touched, by_hand)
    assert before[:3] == [(State.APPROVED, 1, 1, rule), (State.APPROVED, 2, 2, rule), (State.REJECTED, 1, 1, None)]
    page = dashboard.page(f"/admin/rules/{rule}")
    assert "It let 2 items in." in words(page.select_one("main"))
    assert {words(one) for one in page.select(".met a")} == {"Letter 1", "On reading slowly"}
    answer = dashboard.press(page.select(".part form")[0], "Take all 2 back")
    assert answer.status_code == 303
    assert states(desk, whole, renewed, touched, by_hand) == [
        (State.PENDING, 1, 1, None),
        (State.APPROVED, 1, 1, None),
        *before[2:],
    ]
    assert desk.row(renewed).latest == 2, "its new version waits"
    with Session(desk.engine) as session:
        [batch] = session.scalars(select(Batch)).all()
        done = session.scalars(select(Event).where(Event.batch_id == batch.id)).all()
        assert (batch.by, {event.by for event in done}, len(done)) == ("Olga", {"Olga"}, 2)
        assert all((event.details or {})["takes_back"] == rule for event in done)
    assert "Olga took back what a rule had decided" in dashboard.read(f"/admin/items/{renewed.uid}").text
    undo = {"csrf": dashboard.token(), "batch": str(batch.id)}
    assert dashboard.send("/admin/undo", undo).status_code == 303
    assert states(desk, whole, renewed, touched, by_hand) == before
    again = dashboard.page(f"/admin/rules/{rule}").select(".part form")[0]
    assert dashboard.press(again, "Take all 2 back").status_code == 303
    assert [row[0:2] for row in states(desk, whole, renewed)] == [(State.PENDING, 1), (State.APPROVED, 1)]
    assert "Nothing: it has decided nothing yet" in dashboard.read(f"/admin/rules/{rule}").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_rule_put_among_the_spam_comes_back_too(desk: Desk, dashboard: Dashboard, rule: int) -> None:
    items = [let_in(desk, rule, number, State.SPAM) for number in range(3)]
    with writing(desk.engine) as session:
        session.execute(update(Rule).values(verdict="spam", removed=datetime.now(UTC), removed_by="Olga"))
    page = dashboard.page(f"/admin/rules/{rule}")
    assert "It put 3 items among the spam." in words(page.select_one("main"))
    dashboard.press(page.select(".part form")[0], "Take all 3 back")
    assert {desk.state(item) for item in items} == {State.PENDING}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_item_says_which_rule_decided_it(desk: Desk, dashboard: Dashboard, rule: int) -> None:
    item = let_in(desk, rule, 1)
    page = words(dashboard.page(f"/admin/items/{item.uid}").select_one("main"))
    assert "The rule “host friend.example” approved it" in page
    dashboard.press_on(item, "Reject", f"/admin/items/{item.uid}")
    event = desk.events(item)[-1]
    assert desk.row(item).rule_id is None
    dashboard.send("/admin/undo", {"csrf": dashboard.token(), "event": str(event.id)})
    assert (desk.state(item), desk.row(item).rule_id) == (State.APPROVED, rule)
