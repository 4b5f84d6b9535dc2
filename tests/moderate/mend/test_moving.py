"""An item is moved beneath another post, with what answers it: threads are split and merged by hand."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Reflection
from service.model.engine import writing
from service.values.address import parse, source_key
from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite
from tests.support.threads import KnownItem

SOURCE = "https://ada.example/answer"


@pytest.fixture
def told(desk: Desk, engine: Engine) -> tuple[KnownItem, KnownItem]:
    """A reply that is up, and an answer to it."""
    columns = {"source_key": source_key(parse(SOURCE))}
    reply = desk.came(source=SOURCE, text="To this", relation=Relation.REPLY, state=State.APPROVED, columns=columns)
    answer = desk.came(
        source="c:1", text="To that", kind=Kind.COMMENT, state=State.APPROVED, columns={"parent_id": reply.id}
    )
    return reply, answer


def move(dashboard: Dashboard, item: KnownItem, to: str) -> TestResponse:
    form = dashboard.page(f"/admin/items/{item.uid}/move").select_one("form.sheet")
    assert form is not None
    return dashboard.send(str(form["action"]), {"csrf": dashboard.token(), "to": to})


def thread(client: FlaskClient, desk: Desk, path: str) -> list[tuple[str, list[str]]]:
    """What stands under a post: the words of each of the first level, and of their replies."""
    read = client.get("/api/v1/thread", query_string={"url": desk.site.page(path)})
    return [
        (one["content"]["text"], [reply["content"]["text"] for reply in one["replies"]])
        for one in read.json["reflections"]  # type: ignore[index]
    ]


def test_an_item_goes_with_its_answers_and_comes_back(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    assert thread(client, desk, "post") == [("To this", ["To that"])]
    done = move(dashboard, told[0], desk.site.page("other"))
    page = dashboard.page(str(done.headers["Location"]))
    assert "Moved 2 items." in page.text
    assert "Olga moved it" in dashboard.page(f"/admin/items/{told[0].uid}").text
    assert thread(client, desk, "post") == []
    assert thread(client, desk, "other") == [("To this", ["To that"])]
    form = page.select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 303
    assert thread(client, desk, "post") == [("To this", ["To that"])]
    assert thread(client, desk, "other") == []


def test_what_is_sent_for_it_where_it_was_comes_to_it(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    move(dashboard, told[0], desk.site.page("other"))
    sent = client.post("/webmention", data={"source": SOURCE, "target": desk.site.page("post")})
    assert (sent.status_code, str(sent.headers["Location"]).endswith(told[0].uid)) == (201, True)
    with Session(desk.engine) as session:
        items = session.scalars(select(Reflection).where(Reflection.source == SOURCE)).all()
    assert [(item.id, item.due_at is not None) for item in items] == [(told[0].id, True)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_is_put_beneath_another_item_and_no_circle_is_made(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    third = desk.came(source="https://third.example/", text="The third", relation=Relation.REPLY, state=State.APPROVED)
    move(dashboard, told[1], f"{desk.site.page('post')}#reflection-{third.uid}")
    assert thread(client, desk, "post") == [("To this", []), ("The third", ["To that"])]
    move(dashboard, told[1], f"{desk.site.page('post')}")
    assert thread(client, desk, "post") == [("To this", []), ("To that", []), ("The third", [])]
    for uid in (told[1].uid, "nobody"):
        assert move(dashboard, told[1], f"{desk.site.page('post')}#reflection-{uid}").status_code == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_circle_is_made_by_taking_back_either(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    """What stands in a circle answers nothing that readers see, and would be lost to them."""
    reply, answer = told
    done = move(dashboard, answer, desk.site.page("post"))
    move(dashboard, reply, f"{desk.site.page('post')}#reflection-{answer.uid}")
    assert thread(client, desk, "post") == [("To that", ["To this"])]
    form = dashboard.page(str(done.headers["Location"])).select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 409
    assert thread(client, desk, "post") == [("To that", ["To this"])]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_circle_is_made_over_two_posts(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    """An item that came back alone has its answer elsewhere: beneath that it can't go."""
    reply, answer = told
    move(dashboard, reply, desk.site.page("other"))
    event = desk.events(reply)[-1].id
    dashboard.send("/admin/undo", {"csrf": dashboard.token(), "event": str(event)})
    assert (thread(client, desk, "post"), thread(client, desk, "other")) == ([("To this", [])], [("To that", [])])
    place = f"{desk.site.page('other')}#reflection-{answer.uid}"
    assert move(dashboard, reply, place).status_code == 422
    assert thread(client, desk, "post") == [("To this", [])]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_it_can_not_go_it_does_not_and_the_page_says_why(
    desk: Desk, dashboard: Dashboard, make_site: MakeSite, told: tuple[KnownItem, KnownItem]
) -> None:
    make_site("https://other.example/")
    with writing(desk.engine) as session:
        key = session.get_one(Reflection, told[0].id).source_key
    desk.came(source=SOURCE, post="taken", columns={"source_key": key})
    for to, why in (
        ("post", "This is no web address."),
        ("https://other.example/post", "This address is not one of the same site."),
        ("https://stranger.example/", "This address is not one of the same site."),
        (desk.site.page("post/"), "It stands there already."),
        (desk.site.page("taken"), "There is something from the same source already"),
    ):
        answer = move(dashboard, told[0], to)
        assert (answer.status_code, why in answer.text) == (422, True), to
    assert desk.row(told[0]).post_id == desk.row(told[1]).post_id


def test_a_post_goes_to_a_new_address_with_its_items_and_comes_back(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, told: tuple[KnownItem, KnownItem]
) -> None:
    post = desk.row(told[0]).post_id
    assert thread(client, desk, "new") == []
    client.post("/webmention", data={"source": "https://bo.example/", "target": desk.site.page("taken")})
    path = f"/admin/posts/{post}/move"
    for to, why in (("taken", "Another post stands at this address"), ("post", "It stands there already.")):
        answer = dashboard.send(path, {"csrf": dashboard.token(), "to": desk.site.page(to)})
        assert (answer.status_code, why in answer.text) == (422, True)
    done = dashboard.send(path, {"csrf": dashboard.token(), "to": desk.site.page("new"), "back": "/admin/?state=all"})
    page = dashboard.page(str(done.headers["Location"]))
    assert "Moved 2 items." in page.text
    for at in ("post", "new"):
        read = client.get("/api/v1/thread", query_string={"url": desk.site.page(at)}).json
        assert (read["total"], read["url"]) == (2, desk.site.page("new"))  # type: ignore[index]
    client.post("/webmention", data={"source": SOURCE, "target": desk.site.page("new")})
    assert desk.row(told[0]).due_at is not None
    form = page.select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 303
    read = client.get("/api/v1/thread", query_string={"url": desk.site.page("post")}).json
    assert read["url"] == desk.site.page("post")  # type: ignore[index]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_an_owner_moves_a_post(
    desk: Desk, open_dashboard: OpenDashboard, told: tuple[KnownItem, KnownItem]
) -> None:
    nora = open_dashboard(desk.moderator("Nora"))
    path = f"/admin/posts/{desk.row(told[0]).post_id}/move"
    assert nora.read(path).status_code == 403
    assert nora.send(path, {"csrf": nora.token(), "to": desk.site.page("new")}).status_code == 403
