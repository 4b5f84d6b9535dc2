"""An owner sees and changes what a site is called and takes, where it stands, and its tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.model import Reflection, Site
from service.model import Session as SignedIn
from service.model.engine import writing
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite, MakeSite

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def change(dashboard: Dashboard, site: KnownSite, **wanted: str | None) -> TestResponse:
    """Saves the form as it stands, but for what is ``wanted``; ``None`` unchecks a box."""
    form = dashboard.page(f"/admin/sites/{site.id}").select_one("form.fields")
    assert form is not None
    return dashboard.send(str(form["action"]), fields(form) | {k: v for k, v in wanted.items() if v is not None})


def fields(form: Any) -> dict[str, str]:
    found = {
        str(one["name"]): str(one.get("value", "on"))
        for one in form.select("input[name]")
        if one.get("type") != "checkbox" or one.has_attr("checked")
    }
    chosen = form.select_one("select option[selected]")
    return found | ({"locale": str(chosen["value"])} if chosen else {})


def send(client: FlaskClient, source: str, target: str) -> TestResponse:
    return client.post("/webmention", data={"source": source, "target": target})


def read(client: FlaskClient, url: str) -> Any:
    return client.get("/api/v1/thread", query_string={"url": url}).json


def test_name_language_and_what_it_takes_are_changed_at_once(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    site = desk.site
    form = dashboard.page(f"/admin/sites/{site.id}").select_one("form.fields")
    assert form is not None
    older = fields(form)
    assert send(client, "https://ada.example/1", site.page("post")).status_code == 201
    done = dashboard.send(
        str(form["action"]), {"csrf": older["csrf"], "seen": older["seen"], "name": "Slowly", "locale": "fr"}
    )
    assert "It is changed" in dashboard.page(str(done.headers["Location"])).text
    assert "Slowly" in dashboard.page("/admin/sites").text
    thread = read(client, site.page("post"))
    assert (thread["locale"], thread["open"]["linkbacks"]) == ("fr", False)
    assert send(client, "https://bo.example/1", site.page("post")).status_code == 400
    assert send(client, "https://ada.example/1", site.page("post")).status_code == 201, "a known pair is taken"
    late = dashboard.send(str(form["action"]), older | {"name": "Mine"})
    assert late.status_code == 409
    assert "Somebody else has changed this site since" in late.text
    assert "Slowly" in dashboard.page("/admin/sites").text


def test_what_led_to_a_post_still_does_when_slashes_matter(
    desk: Desk, dashboard: Dashboard, client: FlaskClient
) -> None:
    site = desk.site
    desk.came(post="post/", state=State.APPROVED)
    assert change(dashboard, site, slashes="on").status_code == 303
    assert [read(client, site.page(path))["total"] for path in ("post", "post/", "post/?utm_source=x")] == [1, 1, 1]
    new, slashed = (
        desk.came(post=path, state=State.APPROVED, source=f"https://ada.example/{len(path)}")
        for path in ("new", "new/")
    )
    assert desk.row(new).post_id != desk.row(slashed).post_id
    form = dashboard.page(f"/admin/sites/{site.id}").select_one("form.fields")
    assert form is not None
    wanted = fields(form)
    del wanted["slashes"]
    told = dashboard.send(str(form["action"]), wanted)
    assert told.status_code == 422
    pairs = BeautifulSoup(told.text, "lxml").select(".pairs li")
    assert [{link.text for link in pair.select("a")} for pair in pairs] == [{site.page("new"), site.page("new/")}]
    with writing(desk.engine) as session:
        session.delete(session.get_one(Reflection, slashed.id))
    assert dashboard.send(str(form["action"]), wanted).status_code == 303
    assert [read(client, site.page(path))["total"] for path in ("post", "post/", "new", "new/")] == [1, 1, 1, 1]


@on_sqlite
def test_a_further_address_is_given_and_taken(
    desk: Desk, dashboard: Dashboard, client: FlaskClient, make_site: MakeSite
) -> None:
    site, path = desk.site, f"/admin/sites/{desk.site.id}/addresses"
    token = {"csrf": dashboard.token()}
    make_site("https://other.example/")
    for address, why in (
        ("nowhere", "This is no web address"),
        ("https://more.example/?a", "no question mark"),
        ("https://other.example/", "another site"),
        (site.base, "the site’s already"),
    ):
        told = dashboard.send(path, token | {"address": address})
        assert (told.status_code, why in told.text) == (422, True), address
    assert dashboard.send(path, token | {"address": "https://more.example/blog"}).status_code == 303
    assert send(client, "https://ada.example/", "https://more.example/blog/a").status_code == 201
    for key, why in (("blog.example/", "main address"), ("more.example/blog/", "called by this address")):
        told = dashboard.send(f"{path}/remove", token | {"key": key})
        assert (told.status_code, why in told.text) == (422, True), key
    dashboard.send(path, token | {"address": "https://third.example/"})
    assert dashboard.send(f"{path}/remove", token | {"key": "third.example/"}).status_code == 303
    assert send(client, "https://ada.example/", "https://third.example/a").status_code == 400


@on_sqlite
def test_a_token_is_shown_once_and_the_one_before_it_opens_nothing(
    dashboard: Dashboard, client: FlaskClient, site: KnownSite, engine: Engine
) -> None:
    def opens(token: str) -> bool:
        return client.get("/api/v1/reflections", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    path, what = f"/admin/sites/{site.id}/token", {"csrf": dashboard.token(), "what": "moderation"}
    given = BeautifulSoup(dashboard.send(path, what).text, "lxml").select_one("code.link")
    assert given is not None
    assert (opens(site.token), opens(given.text)) == (False, True)
    assert given.text not in dashboard.page(f"/admin/sites/{site.id}").text
    with writing(engine) as session:
        began = session.scalars(select(SignedIn.created)).one()
        session.execute(update(SignedIn).values(created=began - timedelta(minutes=20)))
    assert "Sign in again" in dashboard.page(f"/admin/sites/{site.id}").text
    assert "/admin/sign-in" in str(dashboard.send(path, what).headers["Location"])
    assert opens(given.text)


@on_sqlite
def test_a_site_is_made_with_its_tokens(dashboard: Dashboard, client: FlaskClient, engine: Engine) -> None:
    wanted = {"csrf": dashboard.token(), "address": "https://brand.example/~new", "name": "Brand new", "locale": "fr"}
    made = dashboard.send("/admin/sites", wanted)
    assert (made.status_code, len(BeautifulSoup(made.text, "lxml").select("code.link"))) == (201, 2)
    assert send(client, "https://ada.example/", "https://brand.example/~new/a").status_code == 201
    assert dashboard.send("/admin/sites", wanted).status_code == 422
    with Session(engine) as session:
        assert [(site.name, site.locale) for site in session.scalars(select(Site))] == [("Brand new", "fr")]


@on_sqlite
def test_only_owners_see_and_change_sites(desk: Desk, open_dashboard: OpenDashboard) -> None:
    nora = open_dashboard(desk.moderator("Nora"))
    path = f"/admin/sites/{desk.site.id}"
    for where in ("/admin/sites", path, f"{path}/move", "/admin/moves/1"):
        assert nora.read(where).status_code == 403, where
    token = {"csrf": nora.token()}
    for where in (path, f"{path}/token", f"{path}/addresses", f"{path}/move", "/admin/moves/1/back"):
        assert nora.send(where, token | {"what": "moderation", "address": "https://x.example/"}).status_code == 403, (
            where
        )
    assert "Sites" not in [link.text for link in nora.page().select(".rooms a")]
