"""All that a search lists is decided about at once: exactly what was before somebody, as a job that a worker does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Batch, Wanted
from service.model.engine import written
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from tests.support.threads import KnownItem
from workers.bulk import some

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SPAM_HOST = "/admin/?state=waiting&host=casino.example"


def work(desk: Desk) -> None:
    """The worker has its turn."""
    while written(desk.engine, lambda session: some(session, datetime.now(UTC))):
        pass


def verified(desk: Desk, **further: object) -> KnownItem:
    item = desk.came(**further)
    desk.visited(item, None, {})
    return item


def from_casino(desk: Desk, number: int, first: int = 0) -> list[KnownItem]:
    return [
        verified(desk, title=f"Letter {n}", source=f"https://casino.example/{n}") for n in range(first, first + number)
    ]


def preview(dashboard: Dashboard, path: str = SPAM_HOST) -> BeautifulSoup:
    """What stands behind the list's link."""
    (link, *_) = [one for one in dashboard.page(path).select("a") if one.text == "Decide about all at once"]
    return dashboard.page(str(link["href"]))


def press(dashboard: Dashboard, page: BeautifulSoup, label: str) -> str:
    """Presses the button of that label; where that leads."""
    form = next(one for one in page.select("main form") if label in one.text)
    button = next(one for one in form.select("button") if label in one.text)
    answer: TestResponse = dashboard.press(form, button.text.strip())
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def words(page: BeautifulSoup) -> str:
    main = page.select_one("main")
    assert main is not None
    return " ".join(main.text.split())


def wanted(desk: Desk) -> set[int]:
    with Session(desk.engine) as session:
        return set(session.scalars(select(Wanted.reflection_id)))


def test_exactly_what_a_search_listed_is_decided_and_all_of_it_taken_back(desk: Desk, dashboard: Dashboard) -> None:
    casino, friend = from_casino(desk, 3), verified(desk)
    page = preview(dashboard)
    told = words(page)
    assert "All 3 items that this search lists" in told
    assert "Waiting Host casino.example" in told
    assert [cell.text for cell in page.select(".hosts td")] == ["3"]
    (late,) = from_casino(desk, 1, first=3)
    desk.visited(casino[2], None, {})  # somebody was there meanwhile
    place = press(dashboard, page, "Spam")
    assert wanted(desk) == {item.id for item in casino[:2]}
    assert "Marking 2 items as spam" in words(dashboard.page(place))
    assert "0 of 2" in words(dashboard.page(place))
    work(desk)
    done = dashboard.page(place)
    assert "Marked 2 items as spam" in words(done)
    assert "by Olga" in words(done)
    assert [desk.state(item) for item in casino] == [State.SPAM, State.SPAM, State.PENDING]
    assert desk.state(late) is desk.state(friend) is State.PENDING
    (line,) = [" ".join(one.text.split()) for one in dashboard.page("/admin/batches").select(".jobs li")]
    assert line.startswith("Marked 2 items as spam by Olga")
    back = press(dashboard, done, "Take all of it back")
    work(desk)
    assert "2 items are back where they were" in words(dashboard.page(back))
    assert [desk.state(item) for item in casino] == [State.PENDING] * 3
    assert "was taken back" in words(dashboard.page(place))


@on_sqlite
def test_what_was_left_is_named_with_why(desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard) -> None:
    _mine, his, newer = from_casino(desk, 3)
    place = press(dashboard, preview(dashboard), "Approve")
    open_dashboard(desk.moderator("Bob")).press_on(his, "Reject")
    desk.changes(newer, "Something else")
    work(desk)
    told = words(dashboard.page(place))
    assert "Approved 1 item" in told
    assert "2 were left as they were" in told
    assert "Somebody decided about them" in told
    assert "Letter 1" in told
    assert "says something newer" in told


@on_sqlite
def test_what_is_up_already_is_no_news(desk: Desk, dashboard: Dashboard) -> None:
    verified(desk, state=State.APPROVED, source="https://casino.example/up")
    (waits,) = from_casino(desk, 1)
    page = preview(dashboard, "/admin/?state=all&host=casino.example")
    assert "1 of them is public now." in words(page)
    press(dashboard, page, "Approve")
    assert wanted(desk) == {waits.id}


@on_sqlite
def test_a_job_is_seen_and_ended_only_by_those_whose_items_it_is_about(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, make_site: MakeSite
) -> None:
    item = from_casino(desk, 1)[0]
    eve = open_dashboard(desk.moderator("Eve", make_site("https://other.example/")))
    place = press(dashboard, preview(dashboard), "Spam")
    number = int(place.rsplit("/", 1)[1])
    token = {"csrf": eve.token()}
    for _ in ("to do", "done"):
        assert eve.read(place).status_code == 404
        assert eve.send(f"{place}/back", token).status_code == 404
        assert eve.send("/admin/undo", token | {"batch": str(number)}).status_code == 404
        assert not eve.page("/admin/batches").select(".jobs li")
        work(desk)
    assert desk.state(item) is State.SPAM
    bob = open_dashboard(desk.moderator("Bob"))
    assert "Marked 1 item as spam" in words(bob.page(place))
    undone = bob.send("/admin/undo", {"csrf": bob.token(), "batch": str(number)})
    assert undone.headers["Location"] == f"/admin/batches/{number + 1}", "what a job did, a job takes back"


@on_sqlite
def test_a_moderator_decides_about_items_of_his_sites_alone(
    desk: Desk, open_dashboard: OpenDashboard, make_site: MakeSite
) -> None:
    from_casino(desk, 2)
    eve = open_dashboard(desk.moderator("Eve", make_site("https://other.example/")))
    page = eve.page("/admin/batches/new?state=waiting&host=casino.example")
    assert "nothing among it" in words(page)
    fields = {"csrf": eve.token(), "state": "waiting", "heard": "999999", "decision": "spam"}
    assert eve.send("/admin/batches", fields).status_code == 303
    assert wanted(desk) == set()


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"decision": "retry", "heard": "1"}, 400),
        ({"decision": "spam"}, 400),
        ({"decision": "spam", "heard": "-1"}, 400),
        ({"decision": "spam", "heard": "9" * 5000}, 400),
        ({"decision": "spam", "heard": "1", "state": "nowhere"}, 400),
        ({"decision": "spam", "heard": "1", "state": "failed"}, 404),
    ],
)
def test_nonsense_is_refused(desk: Desk, dashboard: Dashboard, fields: dict[str, str], status: int) -> None:
    assert dashboard.send("/admin/batches", {"csrf": dashboard.token(), **fields}).status_code == status
    for number in ("1", "9" * 18):
        assert dashboard.read(f"/admin/batches/{number}").status_code == 404
    with Session(desk.engine) as session:
        assert session.scalar(select(Batch.id)) is None
