"""The overview: what came and what became of it, by day, kind, type, post and host; and how the work stands."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from service.model import Counted, Daily, Event, Reflection, daily
from service.model.engine import writing
from service.moderate.overview.month import Day
from service.moderate.overview.plot import HEIGHT, by_day, nice
from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from workers.count import any_due, count_days


def count(engine: Engine) -> int:
    return count_days(engine, threading.Event())


def numbers(engine: Engine, day: date) -> dict[tuple[str, str], int]:
    with Session(engine) as session:
        found = session.execute(select(Daily.what, Daily.which, Daily.number).where(Daily.day == day))
        return {(what, which): number for what, which, number in found}


def cells(dashboard: Dashboard, section: str, **query: object) -> list[list[str]]:
    """The rows of a section's table."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    page = dashboard.page(f"/admin/overview?{asked}")
    return [
        [" ".join(cell.text.split()) for cell in row.select("th, td")]
        for row in page.select(f"section[aria-labelledby={section}] tbody tr")
    ]


def test_it_says_what_came_and_what_became_of_it(
    dashboard: Dashboard, open_dashboard: OpenDashboard, desk: Desk, engine: Engine, make_site: MakeSite
) -> None:
    elsewhere = Desk(engine, make_site("https://elsewhere.example/"))
    elsewhere.came(title="Not hers", age=timedelta())
    now = timedelta()
    first = desk.came(title="One", relation=Relation.REPLY, age=now)
    second = desk.came(title="Two", source="https://mira.example/", kind=Kind.PINGBACK, age=now)
    desk.came(title="Three", source="https://mira.example/3", age=now)
    dashboard.press_on(first, "Approve")
    dashboard.press_on(second, "Spam")
    assert any_due(engine, datetime.now(UTC))
    assert count(engine) == daily.DAYS
    assert not any_due(engine, datetime.now(UTC))
    mona = open_dashboard(desk.moderator("Mona"))
    assert cells(mona, "kinds") == [["Webmention", "2", "100%"], ["Pingback", "1", "0%"]]
    assert ["Reply", "1", "100%"] in cells(mona, "types")
    assert cells(mona, "hosts")[0] == ["mira.example", "2"]
    assert cells(mona, "posts") == [["Reading slowly", "3"]]
    assert cells(mona, "took")[0] == ["Within an hour", "2"]
    assert cells(mona, "days")[0][1:] == ["3", "1", "0", "1"]
    assert cells(dashboard, "days")[0][1] == "4"
    assert cells(dashboard, "days", site=desk.site.id)[0][1] == "3"
    page = mona.page("/admin/overview")
    assert "3 arrived, 1 approved, 0 rejected, 1 spam" in page.select(".plot title")[-1].text
    assert mona.read(f"/admin/overview?site={elsewhere.site.id}").status_code == 404


def test_a_day_is_counted_anew_while_it_may_change_and_once_when_it_is_over(desk: Desk, engine: Engine) -> None:
    today = datetime.now(UTC).date()
    desk.came(age=timedelta())
    count(engine)
    desk.came(title="Another", age=timedelta())
    assert count(engine) == 0  # a minute has not passed
    now = datetime.now(UTC)
    with writing(engine) as session:
        for day, at in ((today, now - timedelta(minutes=2)), (today - timedelta(days=3), now - timedelta(days=3))):
            session.execute(update(Counted).where(Counted.day == day).values(at=at))
    assert count(engine) == 2
    assert numbers(engine, today)["kind", "webmention"] == 2
    with writing(engine) as session:  # a day long over is never looked at again
        session.execute(update(Reflection).values(received=datetime.now(UTC) - timedelta(days=5)))
    assert count(engine) == 0


def test_two_who_count_at_once_leave_the_same(desk: Desk, engine: Engine) -> None:
    desk.letters(3)
    counting = [threading.Thread(target=count, args=(engine,)) for _ in range(3)]
    for one in counting:
        one.start()
    for one in counting:
        one.join(30)
    with Session(engine) as session:
        total = sum(session.scalars(select(Daily.number).where(Daily.what == "kind")))
    assert total == 3


def test_what_is_taken_back_was_decided_and_rules_are_told_apart(desk: Desk, engine: Engine) -> None:
    item, now = desk.came(age=timedelta()), datetime.now(UTC)
    row = {"site_id": desk.site.id, "reflection_id": item.id, "at": now, "came_from": State.PENDING}
    with writing(engine) as session:
        session.execute(
            insert(Event),
            [
                row | {"by": "Olga", "went_to": State.SPAM, "seen": 1},
                row | {"by": "Olga", "went_to": State.APPROVED, "seen": 1},
                row | {"by": "rule 7", "went_to": State.APPROVED, "seen": 1},
                row | {"by": "worker", "went_to": State.PENDING, "seen": None},
            ],
        )
    count(engine)
    found = numbers(engine, now.date())
    assert found["decided", "spam"] == found["decided", "approved"] == found["ruled", "approved"] == 1
    assert found["took", "hour"] == 1
    assert found["kind_went", "webmention approved"] == 2


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (3, 3), (7, 8), (11, 20), (34_000, 40_000)])
def test_the_upper_edge_is_a_round_number(most: int, top: int) -> None:
    assert nice(most) == top


def test_a_full_bar_fills_the_plot_and_decisions_stand_on_each_other() -> None:
    decided = {State.APPROVED: 5, State.REJECTED: 2, State.SPAM: 3}
    (slot,) = by_day([Day(date(2026, 1, 2), 10, decided)]).slots
    arrived, approved, rejected, spam = slot.rects
    assert (arrived.y, arrived.height) == (0, HEIGHT)
    assert (spam.y, approved.y + approved.height) == (0, HEIGHT)
    assert rejected.y == spam.height
