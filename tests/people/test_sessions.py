"""Where one is signed in: listed in words that one recognises, and ended."""

from __future__ import annotations

import pytest
from bs4 import Tag
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.model.session import Session as SignedIn
from service.people.browsers import Browser, browser
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import SignIn

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) Version/18.2 Mobile/15E148 Safari/604.1"


def sign_in_from(dashboard: Dashboard, who: SignIn, agent: str, address: str) -> Dashboard:
    answer = dashboard.client.post(
        "/admin/sign-in",
        data={"name": who.name, "password": who.password},
        headers={"Sec-Fetch-Site": "same-origin", "User-Agent": agent},
        environ_base={"REMOTE_ADDR": address},
    )
    assert answer.status_code == 303
    return dashboard


def rows(dashboard: Dashboard) -> list[Tag]:
    return list(dashboard.page("/admin/me").select("[aria-labelledby=sessions] li"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_browser_is_listed_as_one_knows_it(
    dashboard: Dashboard, owner: SignIn, open_dashboard: OpenDashboard, desk: Desk, engine: Engine
) -> None:
    sign_in_from(open_dashboard(), owner, PHONE, "198.51.100.77")
    sign_in_from(open_dashboard(), desk.moderator("Nora"), PHONE, "192.0.2.4")
    listed = [" ".join(row.text.split()) for row in rows(dashboard)]
    assert len(listed) == 2
    (phone,) = (row for row in listed if "Safari on iPhone" in row)
    assert "from 198.51.100.0/24" in phone
    (here,) = (row for row in listed if "this browser" in row)
    assert here != phone
    with Session(engine) as session:
        kept = str(session.execute(select(SignedIn.__table__)).all())
    assert "198.51.100.77" not in kept
    assert "Mozilla" not in kept


def test_one_is_ended_or_all_others(dashboard: Dashboard, owner: SignIn, open_dashboard: OpenDashboard) -> None:
    one, two, three = (sign_in_from(open_dashboard(), owner, PHONE, f"198.51.{n}.1") for n in range(3))
    row = next(row for row in rows(dashboard) if "198.51.0.0/24" in row.text)
    form = row.select_one("form")
    assert form is not None
    assert dashboard.press(form, "Sign out").headers["Location"] == "/admin/me?done=ended"
    assert [each.read().status_code for each in (dashboard, one, two, three)] == [200, 302, 200, 200]
    dashboard.send("/admin/me/sessions/end", {"csrf": dashboard.token()})
    assert [each.read().status_code for each in (dashboard, two, three)] == [200, 302, 302]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_ends_anybody_elses(dashboard: Dashboard, desk: Desk, open_dashboard: OpenDashboard) -> None:
    nora = open_dashboard(desk.moderator("Nora"))
    sign_in_from(open_dashboard(), SignIn("Nora", "Nora's own pass phrase"), PHONE, "192.0.2.4")
    field = next(row for row in rows(nora) if "iPhone" in row.text).select_one("input[name=session]")
    assert field is not None
    for fields in ({"session": str(field["value"])}, {}):
        dashboard.send("/admin/me/sessions/end", {"csrf": dashboard.token(), **fields})
    assert len(rows(nora)) == 2


@pytest.mark.parametrize(
    ("agent", "address", "told"),
    [
        (PHONE, "203.0.113.9", Browser("Safari", "iPhone", "203.0.113.0/24")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "::1", Browser("Firefox", "Linux", "::/48")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "2001:db8:1:2::3",
            Browser("Edge", "Windows", "2001:db8:1::/48"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "::ffff:192.0.2.4",
            Browser("Samsung Internet", "Android", "192.0.2.0/24"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 OPR/120.0",
            "192.0.2.4",
            Browser("Opera", "macOS", "192.0.2.0/24"),
        ),
        ("<script>" + "x" * 100_000 + "Firefox/1", "nonsense", Browser("", "", "")),
        ("", "", Browser("", "", "")),
    ],
)
def test_a_browser_is_known_by_its_family_and_neighbourhood(agent: str, address: str, told: Browser) -> None:
    assert browser(agent, address) == told
