"""The queue folded up: what belongs together is one row that shows each of its items; why they are here; in which
order; and one at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from bs4 import BeautifulSoup, Tag

from service.model import Reflection, Rule
from service.model.engine import writing
from service.model.states import Step, step
from service.moderate.queue import WINDOW
from service.values.state import Kind, Relation, State
from tests.moderate.test_queue import words
from tests.support.desk import Came, Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from tests.support.threads import KnownItem

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What asks the database nothing of its own."""

PITCH = "I made a small list of cheap watches that you can buy today at my shop"


def comment(desk: Desk, name: str, text: str, **further: object) -> KnownItem:
    return desk.came(Came(kind=Kind.COMMENT, name=name, text=text, source=f"comment:{name}", **further))  # type: ignore[arg-type]


def letter(desk: Desk, host: str, **further: object) -> KnownItem:
    """A mention unlike all others, from a host of its own."""
    said = {"title": f"A letter from {host}", "name": host, "before": f"What {host} thinks of ", "after": f" in {host}"}
    return desk.came(Came(**(said | {"source": f"https://{host}.example/"} | further)))  # type: ignore[arg-type]


def fold(page: BeautifulSoup, first: KnownItem) -> Tag:
    found = page.select_one(f"#fold-{first.uid}")
    assert found is not None
    return found


def rows(page: BeautifulSoup) -> list[str]:
    return [str(row["id"]) for row in page.select("#items > li")]


def listed(dashboard: Dashboard, query: str) -> set[str]:
    return {str(item["data-uid"]) for item in dashboard.page(f"/admin/{query}").select("#items li.item")}


def reasons(page: BeautifulSoup) -> dict[str, int]:
    """The filters above the list, with their counts."""
    named = (re.fullmatch(r"(.+?) (\d+)", words(link)) for link in page.select(".whys a"))
    return {found[1]: int(found[2]) for found in named if found}


@on_sqlite
def test_copies_of_one_text_are_one_row_that_shows_each(desk: Desk, dashboard: Dashboard) -> None:
    oldest = comment(desk, "Roxy", PITCH)
    other = letter(desk, "ada")
    near = comment(desk, "Anna", f"{PITCH} or tomorrow", post="another", post_title="On boats")
    first = comment(desk, "Tom", PITCH)
    page = dashboard.page()
    assert rows(page) == [f"fold-{first.uid}", f"item-{other.uid}"]
    together = fold(page, first)
    assert words(together.select_one("h2")) == "3 items say nearly the same"  # type: ignore[arg-type]
    shown = [words(item) for item in together.select("li.item")]
    assert [item["data-uid"] for item in together.select("li.item")] == [first.uid, near.uid, oldest.uid]
    assert PITCH in shown[0]
    assert "Anna" in shown[1]
    assert "On On boats" in shown[1]
    assert words(together.select("li.item mark")[0]) == "or tomorrow"
    assert "Roxy" in shown[2]
    assert "Same text" in shown[2]


@on_sqlite
def test_a_fold_is_decided_at_once_and_each_of_it_alone(desk: Desk, dashboard: Dashboard) -> None:
    items = [comment(desk, name, PITCH) for name in ("Roxy", "Anna", "Tom")]
    together = fold(dashboard.page(), items[-1])
    assert [field["value"] for field in together.select(".fold-acts [name=item]")] == [
        f"{item.uid} pending 1" for item in reversed(items)
    ]
    assert [words(button) for button in together.select(".fold-acts button")] == ["Approve 3", "Reject 3", "Spam 3"]
    dashboard.press_on(items[0], "Approve")
    assert [desk.state(item) for item in items] == [State.APPROVED, State.PENDING, State.PENDING]
    together = fold(dashboard.page(), items[-1])
    fields = {"csrf": dashboard.token(), "decision": "spam"}
    listed = [str(field["value"]) for field in together.select(".fold-acts [name=item]")]
    answer = dashboard.client.post(
        "/admin/decide-all", data=fields | {"item": listed}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303
    assert [desk.state(item) for item in items] == [State.APPROVED, State.SPAM, State.SPAM]


@on_sqlite
def test_a_new_version_of_what_is_up_is_asked_about_on_its_own(desk: Desk, dashboard: Dashboard) -> None:
    changed = letter(desk, "ada", state=State.APPROVED)
    desk.changes(changed, PITCH)
    new = letter(desk, "ben", text=PITCH)
    assert rows(dashboard.page()) == [f"item-{new.uid}", f"item-{changed.uid}"]


@on_sqlite
def test_sites_are_never_decided_together(desk: Desk, dashboard: Dashboard, make_site: MakeSite) -> None:
    mine = comment(desk, "Roxy", PITCH)
    theirs = comment(Desk(desk.engine, make_site("https://other.example/")), "Roxy", PITCH)
    assert rows(dashboard.page()) == [f"item-{theirs.uid}", f"item-{mine.uid}"]


@on_sqlite
def test_a_host_with_a_good_record_lends_it_to_no_copy(desk: Desk, dashboard: Dashboard) -> None:
    letter(desk, "ada", state=State.APPROVED)
    known = letter(desk, "ada", source="https://ada.example/2", text=PITCH, title="A list")
    copy = letter(desk, "copy", text=PITCH, title="A list")
    assert rows(dashboard.page()) == [f"item-{copy.uid}", f"item-{known.uid}"]
    assert "1 approved, 0 spam" in words(dashboard.page().select_one(f"#item-{known.uid}"))  # type: ignore[arg-type]


@on_sqlite
def test_likes_through_one_host_are_one_row(desk: Desk, dashboard: Dashboard) -> None:
    likes = [
        letter(desk, "bridge", relation=Relation.LIKE, name=name, source=f"https://bridge.example/like/{name}")
        for name in ("Mira", "Bo", "Lou")
    ]
    together = fold(dashboard.page(), likes[-1])
    assert words(together.select_one("h2")) == "3 items from bridge.example: Like"  # type: ignore[arg-type]
    assert all(name in words(together) for name in ("Mira", "Bo", "Lou"))


@on_sqlite
def test_what_strangers_wrote_stays_text_where_it_differs(desk: Desk, dashboard: Dashboard) -> None:
    script = '"><script>alert(1)</script>'
    comment(desk, "Roxy", f"{PITCH} {script}")
    first = comment(desk, "Anna", PITCH)
    assert fold(dashboard.page(), first).select_one("mark") is not None
    assert "<script>alert" not in dashboard.read().text


def test_why_they_are_here_is_counted_and_filters(desk: Desk, dashboard: Dashboard) -> None:
    known = letter(desk, "ada", state=State.APPROVED)
    second = letter(desk, "ada", source="https://ada.example/2", title="Another", before="Something of ", after=" else")
    hidden = letter(desk, "ben", hidden=True)
    led = letter(desk, "carl", final="https://moved.example/", author_url="https://famous.example/")
    back = letter(desk, "dora", spam=0.97)
    desk.changes(known, "Something else.")
    assert reasons(dashboard.page()) == {
        "Changed since it was approved": 1,
        "First time from its host": 3,
        "Probably spam": 1,
        "Its link is hidden": 1,
        "Leads to another host": 1,
        "Names another host": 1,
    }
    assert listed(dashboard, "?why=first_time") == {hidden.uid, led.uid, back.uid}
    assert listed(dashboard, "?why=changed") == {known.uid}
    assert listed(dashboard, "?why=hidden") == {hidden.uid}
    assert listed(dashboard, "?why=claims") == listed(dashboard, "?why=leads") == {led.uid}
    assert second.uid in listed(dashboard, "")
    filtered = dashboard.page("/admin/?why=hidden")
    assert words(filtered.select_one(".whys [aria-current]")) == "Its link is hidden 1"  # type: ignore[arg-type]
    assert reasons(filtered)["First time from its host"] == 3


def test_a_rule_that_has_it_wait_is_named(desk: Desk, dashboard: Dashboard) -> None:
    with writing(desk.engine) as session:
        rule = Rule(site_id=desk.site.id, kind="words", value="watches", verdict="wait", created=datetime.now(UTC))
        session.add(rule)
        session.flush()
        number = rule.id
    held = comment(desk, "Roxy", PITCH, columns={"rule_id": number})
    letter(desk, "ada")
    assert listed(dashboard, "?why=rule") == {held.uid}
    assert "Word on your list: “watches”." in words(dashboard.page().select_one(f"#item-{held.uid}"))  # type: ignore[arg-type]


def test_what_went_away_and_came_back_is_found(desk: Desk, dashboard: Dashboard) -> None:
    gone = letter(desk, "ada", state=State.GONE)
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, gone.id)
        assert step(session, row, Step(State.GONE, State.PENDING, "worker"), datetime.now(UTC))
    letter(desk, "ben")
    assert listed(dashboard, "?why=returned") == {gone.uid}
    assert "It was gone, and came back." in words(dashboard.page().select_one(f"#item-{gone.uid}"))  # type: ignore[arg-type]


@on_sqlite
def test_what_failed_is_filtered_by_what_kept_us_out(desk: Desk, dashboard: Dashboard) -> None:
    wall = letter(desk, "ada", state=State.FAILED, reason="bot_wall", reason_details={"wall": "A wall", "status": 403})
    letter(desk, "ben", state=State.FAILED, reason="no_link")
    assert reasons(dashboard.page("/admin/?state=failed")) == {"Behind a bot wall": 1, "No link to the post": 1}
    assert listed(dashboard, "?state=failed&why=bot_wall") == {wall.uid}


@pytest.mark.parametrize(
    "query", ["?why=nothing", "?why=hidden&why=hidden", "?sort=nice", "one?at=x", "one?state=spam"]
)
def test_a_query_that_means_nothing_is_refused(dashboard: Dashboard, query: str) -> None:
    assert dashboard.read(f"/admin/{query}").status_code == 400


def test_triage_sorts_from_either_end_and_folds_what_it_is_sure_of(desk: Desk, dashboard: Dashboard) -> None:
    fair, unweighed, sure, good, surer = (
        letter(desk, host, spam=spam)
        for host, spam in (("ada", 0.4), ("ben", None), ("carl", 0.93), ("dora", 0.05), ("emil", 0.99))
    )
    assert rows(dashboard.page("/admin/?sort=likely")) == [
        f"fold-{surer.uid}",
        f"item-{fair.uid}",
        f"item-{good.uid}",
        f"item-{unweighed.uid}",
    ]
    assert rows(dashboard.page("/admin/?sort=unlikely"))[0] == f"item-{good.uid}"
    page = dashboard.page()
    assert words(fold(page, surer).select_one("h2")) == "2 items are probably spam"  # type: ignore[arg-type]
    assert "spam: 93%" in words(page.select_one(f"#item-{sure.uid}"))  # type: ignore[arg-type]
    assert page.select_one('.ways a[href*="sort=likely"]') is not None


def test_every_item_stands_on_one_page(desk: Desk, dashboard: Dashboard) -> None:
    made = desk.many_came(WINDOW + 9, text=PITCH, spam=0.5)
    for sort in ("newest", "likely"):
        seen: list[str] = []
        path: str | None = f"/admin/?sort={sort}"
        while path:
            said = dashboard.read(path).text
            seen += re.findall(r'<li class="item"[^>]* data-uid="([^"]+)"', said)
            older = re.search(r'rel="next" href="([^"]+)"', said)
            path = unescape(older[1]) if older else None
        assert sorted(seen) == sorted(item.uid for item in made)


@on_sqlite
def test_one_at_a_time_goes_on_to_the_next_and_comes_back(desk: Desk, open_dashboard: OpenDashboard) -> None:
    third, second, first = (letter(desk, host) for host in ("ada", "ben", "carl"))
    nora = open_dashboard(desk.moderator("Nora"))

    def at(path: str) -> tuple[list[str], BeautifulSoup]:
        page = nora.page(path)
        return rows(page), page

    shown, page = at("/admin/one")
    assert shown == [f"item-{first.uid}"]
    shown, page = at(str(page.select_one("a[rel=next]")["href"]))  # type: ignore[index]
    assert shown == [f"item-{second.uid}"]
    assert page.select_one("a[rel=prev]") is not None
    answer = nora.press(page.select_one("form.acts"), "Approve")  # type: ignore[arg-type]
    letter(desk, "dora")
    shown, page = at(str(answer.headers["Location"]))
    assert shown == [f"item-{third.uid}"]
    assert page.select_one("a[rel=next]") is None
    answer = nora.press(page.select_one(".done form"), "Undo")  # type: ignore[arg-type]
    assert at(str(answer.headers["Location"]))[0] == [f"item-{second.uid}"]
    assert desk.state(second) is State.PENDING


@on_sqlite
def test_one_at_a_time_says_when_nothing_waits(dashboard: Dashboard) -> None:
    assert "Nothing waits" in words(dashboard.page("/admin/one").select_one(".empty"))  # type: ignore[arg-type]


@on_sqlite
def test_a_fold_comes_as_one_card(desk: Desk, dashboard: Dashboard) -> None:
    letter(desk, "ada", age=timedelta(days=2))
    for name in ("Roxy", "Anna", "Tom"):
        last = comment(desk, name, PITCH)
    page = dashboard.page("/admin/one")
    assert rows(page) == [f"fold-{last.uid}"]
    assert rows(dashboard.page(str(page.select_one("a[rel=next]")["href"]))) != rows(page)  # type: ignore[index]
