"""What waits comes to a moderator: the page on which he chooses how, and the feed at its secret address."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from service.moderate.news import store
from service.values.state import State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite

ATOM = "{http://www.w3.org/2005/Atom}"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def renew(dashboard: Dashboard) -> str:
    """A new address of the feed, without the origin."""
    form = dashboard.page("/admin/told").select_one('form[action="/admin/told/feed"]')
    assert form is not None
    answer = dashboard.press(form, form.select("button")[0].text)
    assert answer.status_code == 201
    code = BeautifulSoup(answer.text, "lxml").select_one("code.link")
    assert code is not None
    return "/" + code.text.split("/", 3)[3]


@on_sqlite
def test_a_feed_tells_whoever_has_its_address_of_what_waits_and_a_new_one_ends_it(
    open_dashboard: OpenDashboard, desk: Desk, make_site: MakeSite
) -> None:
    elsewhere = Desk(desk.engine, make_site("https://elsewhere.example/"))
    elsewhere.came(title="Not hers")
    item = desk.came(title="<b>Tags & ampersands</b>", text="Words \x0b of it")
    desk.came(title="Is up", state=State.APPROVED)
    dashboard = open_dashboard(desk.moderator("Mona"))
    feed, stranger = renew(dashboard), open_dashboard().client
    answer = stranger.get(feed)
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store"
    entries = ElementTree.fromstring(answer.text).findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Mention · <b>Tags & ampersands</b>"]
    assert f"/admin/items/{item.uid}" in str(entries[0].findtext(f"{ATOM}id"))
    again = renew(dashboard)
    assert stranger.get(feed).status_code == 404
    assert stranger.get(again).status_code == 200
    assert stranger.get("/admin/waiting.atom").status_code == 404
    form = dashboard.page("/admin/told").select_one('form[action="/admin/told/feed"]')
    assert form is not None
    dashboard.press(form, "End the feed")
    assert stranger.get(again).status_code == 404


@on_sqlite
def test_where_no_mail_server_is_named_the_page_says_so(dashboard: Dashboard) -> None:
    page = dashboard.page("/admin/told")
    assert "REFLECTIONS_SMTP_URL" in page.text
    assert page.select_one("input[name=mail]") is None
    asked = dashboard.send("/admin/told/mail", {"csrf": dashboard.token(), "mail": "olga@home.example"})
    assert asked.status_code == 404


@pytest.mark.parametrize("mail", ["", "olga", "olga@", "olga@home", "a@b.example\nBcc: c@d.example", "a b@c.example"])
def test_only_addresses_that_mail_can_reach_are_taken(mail: str) -> None:
    with pytest.raises(store.BadMail):
        store.address(mail)


def test_a_host_in_any_script_is_kept_as_mail_knows_it() -> None:
    assert store.address(" olga@Bücher.example ") == "olga@xn--bcher-kva.example"
