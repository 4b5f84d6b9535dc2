"""Invitations: a link that lets one person in, once, as what an owner said."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Invitation, Moderator, Site
from service.model.engine import writing
from tests.support.authenticator import Device
from tests.support.desk import Dashboard, OpenDashboard
from tests.support.service import KnownSite, MakeSite, SignIn

PASSWORD = "nora's own pass phrase"
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def invite(dashboard: Dashboard, *sites: KnownSite, role: str = "moderator", whom: str = "Nora") -> str:
    """The path of a new link."""
    form: dict[str, Any] = {"csrf": dashboard.token(), "role": role, "whom": whom, "site": [one.id for one in sites]}
    answer = dashboard.send("/admin/people/invite", form)
    assert answer.status_code == 201, answer.text
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/admin/join\?invitation=[\w-]+)", answer.text)
    return str(link)


def join(somebody: Dashboard, link: str, name: str = "Nora", password: str = PASSWORD, **further: str) -> TestResponse:
    return somebody.send(link, {"name": name, "password": password, **further})


def test_who_was_invited_chooses_name_and_password_and_is_in(
    dashboard: Dashboard, site: KnownSite, make_site: MakeSite, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    other = make_site("https://other.example/", name="Another")
    link = invite(dashboard, site)
    nora = open_dashboard()
    page = nora.page(link)
    assert "Olga invites you as a moderator" in page.text
    assert [one.text for one in page.select(".places li")] == ["blog.example"]
    answer = join(nora, link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/me?done=joined")
    assert [one.text for one in nora.page("/admin/me").select(".places li")] == ["blog.example"]
    assert open_dashboard().sign_in(SignIn("Nora", PASSWORD)).status_code == 303
    row = next(one for one in dashboard.page("/admin/people").select(".rows li") if "Nora" in one.text)
    assert "blog.example" in row.select_one(".sites-of").text  # type: ignore[union-attr]
    assert str(other.id) not in [box["value"] for box in row.select("[name=site]") if box.has_attr("checked")]


def test_a_link_is_shown_once_kept_as_a_hash_and_works_once(
    dashboard: Dashboard, site: KnownSite, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    link = invite(dashboard, site)
    token = link.rpartition("=")[2]
    page = dashboard.page("/admin/people")
    assert "Nora" in page.text
    assert token not in str(page)
    with Session(engine) as session:
        assert token not in str(session.execute(select(Invitation.__table__)).all())
    assert join(open_dashboard(), link).status_code == 303
    for answer in (open_dashboard().read(link), join(open_dashboard(), link, "Bob")):
        assert answer.status_code == 404


@on_one_database
def test_looking_at_the_link_does_nothing(dashboard: Dashboard, site: KnownSite, open_dashboard: OpenDashboard) -> None:
    """A mail's scanner looks at each link, some with every method that is safe."""
    link = invite(dashboard, site)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert open_dashboard().client.open(link, method=method).status_code == 200
    assert "Set-Cookie" not in open_dashboard().read(link).headers
    assert join(open_dashboard(), link).status_code == 303


def test_a_link_ends_after_seven_days_when_it_is_taken_back_and_with_its_owner(
    dashboard: Dashboard, site: KnownSite, open_dashboard: OpenDashboard, engine: Engine, desk: Any
) -> None:
    for shift in (timedelta(seconds=-1), timedelta(days=8)):  # too late, and longer than any may last
        late = invite(dashboard, site)
        with writing(engine) as session:
            session.execute(update(Invitation).values(until=datetime.now(UTC) + shift))
        assert open_dashboard().read(late).status_code == 404
        assert join(open_dashboard(), late).status_code == 404
        assert "Invitations" not in dashboard.page("/admin/people").text
    with writing(engine) as session:
        session.execute(delete(Invitation))
    back = invite(dashboard, site)
    form = dashboard.page("/admin/people").select_one("form[action$=withdraw]")
    assert form is not None
    dashboard.press(form, "Take back")
    assert join(open_dashboard(), back).status_code == 404
    kept = invite(open_dashboard(desk.moderator("Otto", role="owner")), role="owner")
    with Session(engine) as session:
        otto = str(session.scalar(select(Moderator.id).where(Moderator.name == "Otto")))
    dashboard.send("/admin/people/remove", {"csrf": dashboard.token(), "id": otto})
    assert join(open_dashboard(), kept).status_code == 404


@on_one_database
def test_what_cannot_be_is_said_and_the_link_stays_good(
    dashboard: Dashboard, site: KnownSite, open_dashboard: OpenDashboard
) -> None:
    link, nora = invite(dashboard, site), open_dashboard()
    for name, password, sentence in (
        ("", PASSWORD, "A name has 1 to 60 characters."),
        ("x" * 61, PASSWORD, "A name has 1 to 60 characters."),
        ("rule 7", PASSWORD, "This is what the record calls the service itself."),
        ("OLGA", PASSWORD, "Somebody here has this name already."),
        ("Nora", "short", "A password has at least 12 characters."),
        ("Nora", "", "Choose a password, or make a passkey."),
        ("twelve letters", "Twelve letters", "A password can’t be the name."),
    ):
        answer = join(nora, link, name, password)
        assert (answer.status_code, sentence in answer.text) == (422, True), (name, answer.text)
    assert join(open_dashboard(), link).status_code in (303, 429)
    assert open_dashboard().read("/admin/join?invitation=nothing").status_code == 404


@on_one_database
def test_an_invitation_names_a_role_and_sites_that_there_are(dashboard: Dashboard, site: KnownSite) -> None:
    token = dashboard.token()
    form = {"csrf": token, "whom": "Bob", "role": "moderator", "site": "999"}
    answer = dashboard.send("/admin/people/invite", form)
    assert (answer.status_code, "choose at least one" in answer.text) == (422, True)
    assert 'value="Bob"' in answer.text
    assert dashboard.send("/admin/people/invite", {**form, "role": "king"}).status_code == 400


@on_one_database
def test_a_site_that_has_gone_takes_its_invitations_along(
    dashboard: Dashboard, site: KnownSite, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    link = invite(dashboard, site)
    with writing(engine) as session:
        session.execute(delete(Site))
    assert join(open_dashboard(), link).status_code == 404


def test_who_was_invited_may_have_a_passkey_and_no_password(
    dashboard: Dashboard, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    link, nora, device = invite(dashboard, role="owner"), open_dashboard(), Device()
    assert nora.send(link.replace("?", "/challenge?"), {"name": "olga"}).json == {
        "error": "Somebody here has this name already."
    }
    asked = nora.send(link.replace("?", "/challenge?"), {"name": "Nora"}).json or {}
    assert (asked["user"]["name"], asked["rp"]["id"]) == ("Nora", "localhost")
    assert (
        join(nora, link, password="", credential=device.create(asked, origin="https://evil.example")).status_code == 422
    )
    asked = nora.send(link.replace("?", "/challenge?"), {"name": "Nora"}).json or {}
    assert join(nora, link, password="", credential=device.create(asked)).status_code == 303
    assert nora.read("/admin/people").status_code == 200
    again = open_dashboard()
    signed = device.get(again.send("/admin/sign-in/challenge", {}).json or {})
    assert again.send("/admin/sign-in", {"credential": signed}).status_code == 303
    assert open_dashboard().sign_in(SignIn("Nora", "")).status_code == 422


def test_of_two_who_use_one_link_at_once_one_is_in(
    dashboard: Dashboard, site: KnownSite, app: Flask, engine: Engine
) -> None:
    link, ready = invite(dashboard, site), Barrier(2)

    def use(name: str) -> int:
        somebody = Dashboard(app.test_client())
        ready.wait()
        return join(somebody, link, name).status_code

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(use, ("Nora", "Bob"))) == [303, 404]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Moderator)) == 2
