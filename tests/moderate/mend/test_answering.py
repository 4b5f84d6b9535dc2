"""A moderator answers as the owner, and approves what he answers with the same press."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Reflection
from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk
from tests.support.threads import KnownItem

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def answer(dashboard: Dashboard, item: KnownItem, words: str, **further: str) -> TestResponse:
    form = dashboard.page(f"/admin/items/{item.uid}/answer").select_one("form.sheet")
    assert form is not None
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
    return dashboard.send(str(form["action"]), {**fields, "words": words, **further})


def undo(dashboard: Dashboard, done: TestResponse) -> None:
    form = dashboard.page(str(done.headers["Location"])).select_one(".done form")
    assert form is not None
    assert dashboard.press(form, "Undo").status_code == 303


def seen(client: FlaskClient, desk: Desk) -> list[dict[str, Any]]:
    read = client.get("/api/v1/thread", query_string={"url": desk.site.page("post")})
    found: list[dict[str, Any]] = read.json["reflections"]  # type: ignore[index]
    return found


def answers(desk: Desk) -> list[Reflection]:
    with Session(desk.engine) as session:
        return list(session.scalars(select(Reflection).where(Reflection.owner)))


def test_an_answer_is_a_comment_of_the_owners_beneath_the_item(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    item = desk.came(relation=Relation.REPLY, text="Is it so?", state=State.APPROVED)
    done = answer(dashboard, item, "It **is** so. <script>x()</script>", name="Claude")
    assert "The answer is published." in dashboard.page(str(done.headers["Location"])).text
    (one,) = seen(client, desk)
    (reply,) = one["replies"]
    assert (reply["kind"], reply["owner"], reply["author"]["name"]) == (Kind.COMMENT, True, "Claude")
    assert "<strong>is</strong>" in reply["content"]["html"]
    assert "<script" not in reply["content"]["html"]
    form = dashboard.page(f"/admin/items/{item.uid}/answer").select_one("input[name=name]")
    assert form is not None
    assert form["value"] == "Claude", "the name of the last answer is remembered"
    undo(dashboard, done)
    assert seen(client, desk)[0]["replies"] == []
    assert [one.state for one in answers(desk)] == [State.REJECTED]
    assert desk.state(item) is State.APPROVED


def test_one_press_approves_and_answers_and_one_takes_both_back(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    item = desk.came(relation=Relation.REPLY, text="Is it so?")
    done = answer(dashboard, item, "It is.")
    assert "Approved it, and answered." in dashboard.page(str(done.headers["Location"])).text
    assert [len(one["replies"]) for one in seen(client, desk)] == [1]
    undo(dashboard, done)
    assert seen(client, desk) == []
    assert (desk.state(item), [one.state for one in answers(desk)]) == (State.PENDING, [State.REJECTED])


def test_what_changed_meanwhile_is_neither_approved_nor_answered_and_no_word_is_lost(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    item = desk.came(relation=Relation.REPLY, text="Is it so?")
    form = dashboard.page(f"/admin/items/{item.uid}/answer").select_one("form.sheet")
    assert form is not None
    desk.changes(item, "Buy my pills")
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
    told = dashboard.send(str(form["action"]), fields | {"words": "It is."})
    assert told.status_code == 409
    assert "Buy my pills" in told.text
    assert "It is." in told.text
    assert (seen(client, desk), answers(desk), desk.state(item)) == ([], [], State.PENDING)


def test_an_answer_is_looked_at_before_it_is_given(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(relation=Relation.REPLY, text="Is it so?")
    shown = answer(dashboard, item, "It *is*. <img src=x>", preview="1")
    assert "<em>is</em>" in shown.text
    assert "<img src=x>" not in shown.text
    assert answer(dashboard, item, "  ").status_code == 422
    assert (answers(desk), desk.state(item)) == ([], State.PENDING)
