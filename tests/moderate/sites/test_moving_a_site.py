"""A site moves to a new address with all its posts: readers and senders of both addresses find one thread."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Event, Post, Reflection, Site
from service.values.state import Relation, State
from tests.support.desk import Dashboard, Desk
from tests.support.service import MakeSite

NEW = "https://new.example/journal"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def preview(dashboard: Dashboard, desk: Desk, to: str = NEW, old: str = "") -> TestResponse:
    return dashboard.client.get(
        f"/admin/sites/{desk.site.id}/move",
        query_string={"from": old or desk.site.base, "to": to},
        headers={"Sec-Fetch-Site": "none"},
    )


def move(dashboard: Dashboard, desk: Desk, to: str = NEW, old: str = "") -> TestResponse:
    path = f"/admin/sites/{desk.site.id}/move"
    return dashboard.send(path, {"csrf": dashboard.token(), "from": old or desk.site.base, "to": to})


def take_back(dashboard: Dashboard, moved: TestResponse) -> TestResponse:
    return dashboard.send(f"{moved.headers['Location']}/back", {"csrf": dashboard.token()})


def send(client: FlaskClient, source: str, target: str) -> TestResponse:
    return client.post("/webmention", data={"source": source, "target": target})


def thread(client: FlaskClient, url: str) -> Any:
    return client.get("/api/v1/thread", query_string={"url": url}).json


def posts(desk: Desk) -> list[str]:
    with Session(desk.engine) as session:
        return list(session.scalars(select(Post.url).order_by(Post.id)))


def test_both_addresses_are_one_thread_and_one_undo_takes_it_back(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    reply = desk.came(text="To this", relation=Relation.REPLY, state=State.APPROVED)
    desk.came(source="https://bo.example/", post="2011/other/?p=1")
    before = thread(client, desk.site.page("post"))
    assert before["total"] == 1
    shown = preview(dashboard, desk).text
    assert ("2 posts" in shown, "2 items" in shown, f"{NEW}/2011/other/?p=1" in shown) == (True, True, True)
    moved = move(dashboard, desk)
    page = dashboard.page(str(moved.headers["Location"]))
    assert "The site has moved" in page.text
    assert "2 of 2 posts" in page.text
    assert thread(client, desk.site.page("post")) == thread(client, f"{NEW}/post") == before | {"url": f"{NEW}/post"}
    assert [line.text for line in dashboard.page("/admin/record").select(".record .what a")] == [
        "Moved the site, with 2 items."
    ]
    assert f"Olga moved its site to {NEW}" in dashboard.page(f"/admin/items/{reply.uid}").text
    for source, target in (
        ("https://cy.example/", desk.site.page("never-named")),
        ("https://cy.example/", f"{NEW}/never-named"),
        ("https://cy.example/", f"{NEW}/second"),
        ("https://cy.example/", desk.site.page("second")),
    ):
        assert send(client, source, target).status_code == 201
    assert posts(desk)[2:] == [f"{NEW}/never-named", f"{NEW}/second"], "each is one post, named by whichever address"
    assert take_back(dashboard, moved).status_code == 303
    assert thread(client, desk.site.page("post")) == before
    assert posts(desk)[:2] == [desk.site.page("post"), desk.site.page("2011/other/?p=1")]
    assert thread(client, f"{NEW}/second")["url"] == f"{NEW}/second", "what came for the new address is not lost"


@on_sqlite
def test_a_move_that_nobody_used_leaves_nothing_when_it_is_taken_back(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    desk.came(state=State.APPROVED)
    first = move(dashboard, desk)
    take_back(dashboard, first)
    assert client.get("/api/v1/thread", query_string={"url": f"{NEW}/post"}).status_code == 404
    second = move(dashboard, desk, "https://third.example/")
    last = move(dashboard, desk, "http://third.example/", old="https://third.example/")
    assert posts(desk) == ["http://third.example/post"]
    assert [thread(client, url)["total"] for url in (desk.site.page("post"), "https://third.example/post")] == [1, 1]
    told = take_back(dashboard, second)
    assert (told.status_code, "moved further since" in told.text) == (409, True)
    for done in (last, second):
        assert take_back(dashboard, done).status_code == 303
    with Session(desk.engine) as session:
        site = session.get_one(Site, desk.site.id)
        assert (site.base_url, [prefix.url for prefix in site.prefixes]) == (desk.site.base, [desk.site.base])


@on_sqlite
def test_what_stood_before_can_still_be_undone_after_the_move(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    approved = dashboard.press_on(item, "Approve")
    move(dashboard, desk)
    number = str(approved.headers["Location"]).partition("done=")[2].partition("#")[0]
    assert dashboard.send("/admin/undo", {"csrf": dashboard.token(), "event": number}).status_code == 303
    assert desk.state(item) is State.PENDING


def test_a_post_whose_new_address_is_taken_stays_and_is_named(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    """The owner gave the new address as a further one first, and items came for it."""
    path = f"/admin/sites/{desk.site.id}/addresses"
    dashboard.send(path, {"csrf": dashboard.token(), "address": NEW})
    desk.came(text="There", state=State.APPROVED, columns={"source_key": "a" * 64})
    desk.came(text="Free", post="free", state=State.APPROVED)
    send(client, "https://bo.example/", f"{NEW}/post/")
    shown = preview(dashboard, desk).text
    assert ("1 post" in shown, "1 would stay where it is" in shown) == (True, True)
    assert "Another post stands at the new address" in shown
    moved = move(dashboard, desk)
    assert "1 stays where it is" in dashboard.page(str(moved.headers["Location"])).text
    assert posts(desk) == [desk.site.page("post"), f"{NEW}/free", f"{NEW}/post/"]
    assert thread(client, desk.site.page("post"))["total"] == 1, "its readers still have it"


@on_sqlite
def test_where_a_site_can_not_go_the_page_says_why(desk: Desk, dashboard: Dashboard, make_site: MakeSite) -> None:
    make_site("https://other.example/")
    for to, why in (
        ("nowhere", "This is no web address"),
        (f"{NEW}?a=1", "no question mark"),
        ("https://other.example/", "another site"),
        (desk.site.base, "It stands there already."),
    ):
        for told in (preview(dashboard, desk, to), move(dashboard, desk, to)):
            assert (told.status_code, why in told.text) == (422, True), to
    assert move(dashboard, desk, NEW, old="https://other.example/").status_code == 409
    with Session(desk.engine) as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
        assert session.scalar(select(func.count()).select_from(Reflection)) == 0
