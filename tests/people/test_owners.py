"""Owners' pages: who may decide where, said by owners alone, of whom there is always one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.model import Moderator
from service.people.roles import OWNER
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite, MakeSite, SignIn

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def number(engine: Engine, name: str) -> str:
    with Session(engine) as session:
        return str(session.scalars(select(Moderator.id).where(Moderator.name == name)).one())


def send(dashboard: Dashboard, what: str, **fields: Any) -> Any:
    return dashboard.send(f"/admin/people/{what}", {"csrf": dashboard.token(), **fields})


@on_one_database
def test_every_owners_page_refuses_a_moderator(
    app: Flask, dashboard: Dashboard, desk: Desk, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    who = desk.moderator("Nora")
    nora = open_dashboard(who)
    own, olga = number(engine, "Nora"), number(engine, "Olga")
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("people.owners.")]
    assert len(rules) >= 5
    for rule in rules:
        for one in (own, olga):
            form = {"csrf": nora.token(), "id": one, "role": "owner", "whom": "Eve"}
            asked = nora.read(rule.rule) if "GET" in (rule.methods or ()) else nora.send(rule.rule, form)
            assert asked.status_code == 403, rule.rule
            assert "Who may decide, and where, is up to an owner." in asked.text
    assert "Eve" not in dashboard.page("/admin/people").text
    assert "/admin/people" not in str(nora.page("/admin/me"))
    with Session(engine) as session:
        assert session.scalars(select(Moderator.role).order_by(Moderator.name)).all() == ["moderator", "owner"]


def test_an_owner_says_on_which_sites_a_moderator_decides(
    dashboard: Dashboard,
    desk: Desk,
    make_site: MakeSite,
    open_dashboard: OpenDashboard,
    engine: Engine,
) -> None:
    other = make_site("https://other.example/")
    nora = open_dashboard(desk.moderator("Nora"))
    item = desk.came()
    assert nora.read(f"/admin/items/{item.uid}").status_code == 200
    answer = send(dashboard, "change", id=number(engine, "Nora"), role="moderator", site=[other.id])
    assert answer.headers["Location"] == "/admin/people?done=changed"
    assert nora.read(f"/admin/items/{item.uid}").status_code == 404
    assert [one.text for one in nora.page("/admin/me").select(".places li")] == ["other.example"]
    assert send(dashboard, "change", id=number(engine, "Nora"), role="moderator").status_code == 422
    assert desk.state(item) is State.PENDING


def test_a_new_role_ends_the_sessions_of_the_old_one(
    dashboard: Dashboard, desk: Desk, site: KnownSite, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    who = desk.moderator("Nora")
    phone = open_dashboard(who)
    send(dashboard, "change", id=number(engine, "Nora"), role="owner")
    assert phone.read().status_code == 302
    nora = open_dashboard(who)
    assert nora.read("/admin/people").status_code == 200
    send(dashboard, "change", id=number(engine, "Nora"), role="moderator", site=[site.id])
    assert nora.read("/admin/people").status_code == 302
    assert open_dashboard(who).read("/admin/people").status_code == 403


def test_who_is_removed_is_out_and_what_he_decided_stays(
    dashboard: Dashboard, desk: Desk, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    who, item = desk.moderator("Nora"), desk.came()
    nora = open_dashboard(who)
    form = {"csrf": nora.token(), "id": item.uid, "from": "pending", "seen": "1", "decision": "approve"}
    assert nora.send("/admin/decide", form).status_code == 303
    send(dashboard, "remove", id=number(engine, "Nora"))
    assert nora.read().status_code == 302
    assert open_dashboard().sign_in(who).status_code == 422
    assert desk.state(item) is State.APPROVED
    assert desk.events(item)[-1].by == "Nora"


@on_one_database
def test_the_last_owner_stays_one(
    dashboard: Dashboard, desk: Desk, site: KnownSite, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    olga = number(engine, "Olga")
    for what, fields in (("remove", {}), ("change", {"role": "moderator", "site": [site.id]})):
        answer = send(dashboard, what, id=olga, **fields)
        assert answer.status_code == 422
        assert "This is the last owner." in answer.text
    desk.moderator("Otto", role="owner")
    assert send(dashboard, "remove", id=olga).status_code == 303
    assert dashboard.read().status_code == 302  # it was herself
    otto = open_dashboard(SignIn("Otto", "Otto's own pass phrase"))
    assert send(otto, "remove", id=number(engine, "Otto")).status_code == 422


@pytest.mark.parametrize("what", ["remove", "change"])
def test_of_two_owners_who_end_each_other_at_once_one_is_left(
    what: str, app: Flask, desk: Desk, owner: SignIn, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    other = desk.moderator("Otto", role="owner")
    sides = [(open_dashboard(owner), number(engine, "Otto")), (open_dashboard(other), number(engine, "Olga"))]
    tokens, ready = [one.token() for one, _ in sides], Barrier(2)

    def end(side: int) -> int:
        dashboard, victim = sides[side]
        form = {"csrf": tokens[side], "id": victim, "role": "moderator", "site": str(desk.site.id)}
        ready.wait()
        return dashboard.send(f"/admin/people/{what}", form).status_code

    with ThreadPoolExecutor(2) as both:
        answers = sorted(both.map(end, (0, 1)))
    assert answers[0] == 303
    assert answers[1] in (401, 403)  # out, or an owner no more
    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(Moderator.role == OWNER)) == 1


@on_one_database
def test_nobody_and_nothing_are_said_so(dashboard: Dashboard, site: KnownSite) -> None:
    assert send(dashboard, "remove", id="999").status_code == 404
    assert send(dashboard, "change", id="999", role="owner").status_code == 404
    for id_ in ("", "x", "-1", "٣", "9" * 30):
        assert send(dashboard, "remove", id=id_).status_code == 400
    assert send(dashboard, "withdraw", id="999").status_code == 303
