"""The record: each step with who, when and why; filtered, a page at a time, what was done together in one line; and
as files that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from service.model import Event
from service.model.engine import writing
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from tests.support.threads import KnownItem


def decide_all(dashboard: Dashboard, items: list[KnownItem], decision: str) -> None:
    fields = {"csrf": dashboard.token(), "decision": decision, "item": [f"{item.uid} pending 1" for item in items]}
    answer = dashboard.send("/admin/decide-all", fields)  # type: ignore[arg-type]
    assert answer.status_code == 303


def steps(dashboard: Dashboard, **query: object) -> list[str]:
    """The lines of a page, the newest first."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return [" ".join(one.text.split()) for one in dashboard.page(f"/admin/record?{asked}").select(".step .what")]


def test_what_is_done_together_is_one_line_and_the_rest_is_filtered(
    dashboard: Dashboard, open_dashboard: OpenDashboard, desk: Desk, make_site: MakeSite
) -> None:
    letters = desk.letters(4)
    alone = desk.came(title="On its own")
    elsewhere = Desk(desk.engine, make_site("https://elsewhere.example/"))
    other = elsewhere.came(title="Elsewhere")
    desk.visited(alone, None, {})
    dashboard.press_on(alone, "Reject")
    decide_all(dashboard, letters, "approve")
    dashboard.press_on(other, "Approve")
    assert [line.startswith("Olga Approved 4 items") for line in steps(dashboard)] == [False, True, False]
    assert len(steps(dashboard, step="rejected")) == 1
    assert len(steps(dashboard, step="looked")) == 1
    assert len(steps(dashboard, item=letters[0].uid)) == 1
    assert "Letter" in steps(dashboard, item=letters[0].uid)[0]
    assert len(steps(dashboard, by="Nobody")) == 0
    assert len(steps(dashboard, site=elsewhere.site.id)) == 1
    batch = dashboard.page("/admin/record").select_one(".step .what a[href*='batch=']")
    assert batch is not None
    assert len(dashboard.page(str(batch["href"])).select(".step")) == 4
    mona = open_dashboard(desk.moderator("Mona"))
    assert not any("Elsewhere" in line for line in steps(mona))
    assert dashboard.read("/admin/record?site=x").status_code == 400
    assert dashboard.read("/admin/record?by=a&by=b").status_code == 400


def test_days_and_pages_lead_through_all_of_it_once(dashboard: Dashboard, desk: Desk) -> None:
    item, now = desk.came(), datetime.now(UTC)
    row = {
        "site_id": desk.site.id,
        "reflection_id": item.id,
        "by": "Olga",
        "came_from": State.PENDING,
        "went_to": State.SPAM,
    }
    with writing(desk.engine) as session:
        rows = [row | {"at": now - timedelta(days=number % 3, seconds=number)} for number in range(130)]
        session.execute(insert(Event), rows)
    today = now.date()
    for query in ({}, {"since": today - timedelta(days=1), "until": today}):
        found: list[str] = []
        path = "/admin/record?" + "&".join(f"{name}={value}" for name, value in query.items())
        while path:
            page = dashboard.page(path)
            found += [str(one["id"]) for one in page.select(".step")]
            older = [one for one in page.select(".turn a") if one.text == "Older"]
            path = str(older[0]["href"]) if older else ""
        assert len(found) == len(set(found))
        in_days = [one for one in rows if not query or one["at"].date() >= today - timedelta(days=1)]
        assert len(found) == len(in_days)


def test_files_hold_each_step_and_run_nothing_in_a_spreadsheet(dashboard: Dashboard, desk: Desk) -> None:
    wild = desk.came(title='=HYPERLINK("https://evil.example";"click, me")')
    letters = desk.letters(3)
    decide_all(dashboard, letters, "spam")
    dashboard.press_on(wild, "Approve")
    answer = dashboard.read("/admin/record/record.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0]["title"] == '\'=HYPERLINK("https://evil.example";"click, me")'
    assert {row["batch"] for row in rows[1:]} != {""}
    lines = [json.loads(line) for line in dashboard.read("/admin/record/record.jsonl?by=Olga").text.splitlines()]
    assert [line["to"] for line in lines] == ["approved", "spam", "spam", "spam"]
    assert lines[0]["title"].startswith("=HYPERLINK")
    assert dashboard.read("/admin/record/record.pdf").status_code == 404
    assert dashboard.page("/admin/record/files").select(".files span")[0].text == "Part 1"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_begins_as_a_formula_does(begin: str) -> None:
    from service.moderate.record.export import cell

    assert cell(begin + "1+1").startswith("'")
    assert cell("1=1") == "1=1"
    assert cell(None) == ""


def test_a_step_of_yesterday_keeps_its_day(dashboard: Dashboard, desk: Desk) -> None:
    item = desk.came()
    dashboard.press_on(item, "Approve")
    with writing(desk.engine) as session:
        session.execute(update(Event).values(at=datetime.now(UTC) - timedelta(days=1)))
    today = datetime.now(UTC).date()
    assert len(steps(dashboard, until=today - timedelta(days=1))) == 1
    assert len(steps(dashboard, since=today)) == 0
