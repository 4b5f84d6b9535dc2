"""The queue and an item's page: what they tell at a glance, whose items they show, and what a page costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bs4 import Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from service.database import db
from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import KnownItem

SCRIPT = '"><script>alert(1)</script>'


def card(dashboard: Dashboard, item: KnownItem, path: str = "/admin/") -> Tag:
    found = dashboard.page(path).select_one(f"#item-{item.uid}")
    assert found is not None
    return found


def words(tag: Tag) -> str:
    return " ".join(tag.text.split())


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_front_door_leads_to_the_dashboard(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


def test_an_item_tells_at_a_glance_what_it_is(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(relation=Relation.REPLY, final="https://moved.example/x", text="A whole paragraph of its own.")
    shown = card(dashboard, item)
    said = words(shown)
    assert "Reply · Webmention" in said
    assert "Ada Marsh ada.example first time" in said
    assert words(shown.select_one(".face")) == "AM"  # type: ignore[arg-type]
    assert "On reading slowly" in said
    assert "There is a good piece about slow reading that I keep coming back to." in said
    assert words(shown.select_one("mark")) == "slow reading"  # type: ignore[arg-type]
    assert "A whole paragraph of its own." in said
    assert "which leads to moved.example/x" in said
    assert shown.select_one('a[href="https://blog.example/post"]').text == "Reading slowly"  # type: ignore[union-attr]
    assert "3 hours ago" in said
    for link in shown.select('a[href^="http"]'):
        assert {"noopener", "noreferrer", "nofollow"} <= set(link["rel"])


def test_it_says_why_it_is_here(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(hidden=True, final="https://moved.example/x", author_url="https://famous.example/")
    reasons = [words(reason) for reason in card(dashboard, item).select(".why li")]
    assert reasons == [
        "The link is hidden: a style makes it invisible.",
        "It leads to another host.",
        "Its author’s address is on another host: famous.example.",
    ]


def test_its_hosts_record_stands_beside_it(desk: Desk, dashboard: Dashboard, make_site: MakeSite) -> None:
    for number in range(3):
        desk.came(source=f"https://ada.example/a{number}", state=State.APPROVED)
    desk.came(source="https://www.ada.example/s", state=State.SPAM)
    elsewhere = Desk(desk.engine, make_site("https://other.example/"))
    elsewhere.came(source="https://ada.example/r", state=State.REJECTED)
    item = desk.came()
    assert words(card(dashboard, item).select_one(".record")) == "3 approved, 1 spam"  # type: ignore[arg-type]


def test_a_comment_shows_what_was_written(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(kind=Kind.COMMENT, name="Anaïs", text="I am **not** convinced.")
    said = words(card(dashboard, item))
    assert "Anaïs Comment ·" in said
    assert "I am **not** convinced." in said


def test_what_strangers_wrote_stays_text(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(
        title=SCRIPT, name=SCRIPT, before=SCRIPT, anchor=SCRIPT, after=SCRIPT, text=SCRIPT, post_title=SCRIPT
    )
    for path in ("/admin/", f"/admin/items/{item.uid}"):
        assert "<script>alert" not in dashboard.read(path).text
        assert "&lt;script&gt;alert" in dashboard.read(path).text


def test_an_items_page_tells_all_that_is_known(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(text="The first wording.", final="https://moved.example/x")
    seen = words(dashboard.page(f"/admin/items/{item.uid}").select_one("main"))  # type: ignore[arg-type]
    assert "Redirect 301 https://moved.example/x" in seen
    dashboard.press_on(item, "Approve")
    desk.changes(item, "The second wording.")
    said = words(dashboard.page(f"/admin/items/{item.uid}").select_one("main"))  # type: ignore[arg-type]
    for expected in (
        "The second wording.",
        "What readers see now The first wording.",
        "200 text/html utf-8",
        "18.4 kB",
        "With the target https://blog.example/post",
        "Olga approved it",
    ):
        assert expected in said


def test_an_item_of_nobody_is_not_found(dashboard: Dashboard) -> None:
    for uid in ("nothing", "x" * 300, "a%00b", "%F0%9F%98%80"):
        assert dashboard.read(f"/admin/items/{uid}").status_code == 404


def test_a_query_that_means_nothing_is_refused(dashboard: Dashboard) -> None:
    for query in ("state=nice", "after=x", "state=spam&state=pending", "after=" + "9" * 50):
        assert dashboard.read(f"/admin/?{query}").status_code == 400
    for done in ("x", "9" * 50, "-1", "٣"):
        assert dashboard.read(f"/admin/?done={done}").status_code == 200


@pytest.mark.parametrize("state", sorted(set(State) - {State.ERASED}))
def test_each_state_has_its_list_whether_it_has_a_tab_or_not(desk: Desk, dashboard: Dashboard, state: State) -> None:
    empty = dashboard.page(f"/admin/?state={state}")
    assert empty.select_one("h1") is not None
    item = desk.came(state=State.PENDING)
    shown = dashboard.page(f"/admin/?state={state}").select_one(f"#item-{item.uid}")
    assert (shown is not None) is (state is State.PENDING)


def test_what_is_erased_is_in_no_list(dashboard: Dashboard) -> None:
    assert dashboard.read("/admin/?state=erased").status_code == 404


def test_a_moderator_sees_and_decides_on_his_own_sites_alone(
    desk: Desk, open_dashboard: OpenDashboard, make_site: MakeSite
) -> None:
    other = make_site("https://other.example/")
    theirs = Desk(desk.engine, other).came(state=State.PENDING)
    mine = desk.came()
    bob = open_dashboard(desk.moderator("Bob"))
    page = bob.page()
    assert page.select_one(f"#item-{mine.uid}") is not None
    assert page.select_one(f"#item-{theirs.uid}") is None
    assert bob.read(f"/admin/items/{theirs.uid}").status_code == 404
    assert bob.page(f"/admin/?site={other.id}").select_one(".item") is None
    fields = {"csrf": bob.token(), "id": theirs.uid, "from": "pending", "seen": "1", "decision": "approve"}
    assert bob.send("/admin/decide", fields).status_code == 404
    assert desk.state(theirs) is State.PENDING


def test_another_sites_decision_is_not_undone(desk: Desk, open_dashboard: OpenDashboard, make_site: MakeSite) -> None:
    theirs = Desk(desk.engine, make_site("https://other.example/"))
    item = theirs.came()
    carol = open_dashboard(theirs.moderator("Carol"))
    carol.press_on(item, "Approve")
    bob = open_dashboard(desk.moderator("Bob"))
    number = str(theirs.events(item)[0].id)
    assert bob.send("/admin/undo", {"csrf": bob.token(), "event": number}).status_code == 404
    assert theirs.state(item) is State.APPROVED


def test_an_owner_sees_every_site(desk: Desk, dashboard: Dashboard, make_site: MakeSite) -> None:
    theirs = Desk(desk.engine, make_site("https://other.example/")).came()
    assert dashboard.page().select_one(f"#item-{theirs.uid}") is not None


def test_fifty_stand_on_a_page_and_a_decision_keeps_the_place(desk: Desk, dashboard: Dashboard) -> None:
    made = desk.many_came(60, state=State.REJECTED)
    first = dashboard.page("/admin/?state=rejected")
    assert len(first.select(".items > .item")) == 50
    older = str(first.select_one("a[rel=next]")["href"])  # type: ignore[index]
    second = dashboard.page(older)
    assert [one["id"] for one in second.select(".items > .item")] == [
        f"item-{item.uid}" for item in reversed(made[:10])
    ]
    answer = dashboard.press_on(made[3], "Approve", older)
    assert len(dashboard.page(str(answer.headers["Location"])).select(".items > .item")) == 9


def test_a_full_page_costs_as_many_queries_as_a_short_one(
    app: Flask, desk: Desk, dashboard: Dashboard, site: KnownSite
) -> None:
    with app.app_context():
        engine = db.engine
    costs = []
    for number in range(55):
        item = desk.came(source=f"https://host{number}.example/", post=f"post-{number}")
        desk.changes(item, "twice")
        if number in (2, 54):
            with counted(engine) as page:
                dashboard.read()
            with counted(engine) as api:
                dashboard.client.get("/api/v1/reflections", headers=site.bearer)
            costs.append((len(page), len(api)))
    assert costs[0] == costs[1]
    assert costs[1] <= (17, 10)


def test_the_dashboard_speaks_the_browsers_language(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    page = dashboard.page(**{"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.8"})
    assert page.select_one("html")["lang"] == "fr"  # type: ignore[index]
    said = words(page.select_one(f"#item-{item.uid}"))  # type: ignore[arg-type]
    assert "première fois" in said
    assert "il y a 3 heures" in said
    assert "Approuver" in said
