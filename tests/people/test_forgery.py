"""Nobody else's page changes anything: what a browser may be made to send is refused, and the item stays as it was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.values.state import State
from tests.support.desk import Dashboard, Desk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OURS = "http://127.0.0.1:8000"


def test_what_another_page_makes_a_browser_send_is_refused(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    token = dashboard.token()
    fields = {"id": item.uid, "from": "pending", "seen": "1", "decision": "approve"}
    whole = {**fields, "csrf": token}
    tries: list[dict[str, Any]] = [
        # a form on another page, which even knows the token
        {"data": whole, "headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}},
        {"data": whole, "headers": {"Sec-Fetch-Site": "same-site", "Origin": "https://other.reflections.example"}},
        # an older browser, which says only where it comes from, or nothing
        {"data": whole, "headers": {"Origin": "https://evil.example"}},
        {"data": whole, "headers": {"Origin": "null"}},
        {"data": whole, "headers": {"Referer": f"{OURS}/admin/"}},
        {"data": whole},
        # our own page without the token, or with another session's
        {"data": fields, "headers": {"Sec-Fetch-Site": "same-origin"}},
        {"data": {**fields, "csrf": ""}, "headers": {"Sec-Fetch-Site": "same-origin"}},
        {"data": {**fields, "csrf": token[:-1] + "é"}, "headers": {"Sec-Fetch-Site": "same-origin"}},
        {"query_string": whole, "headers": {"Sec-Fetch-Site": "same-origin"}},
        # fetch(…, {mode: "no-cors"}) with JSON as text
        {"data": '{"csrf": "' + token + '"}', "content_type": "text/plain", "headers": {"Origin": OURS}},
        # a header that contradicts another
        {"data": whole, "headers": {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}},
    ]
    for request in tries:
        assert dashboard.client.post("/admin/decide", **request).status_code == 403, request
    assert desk.state(item) is State.PENDING
    assert dashboard.client.post("/admin/decide", data=whole, headers={"Origin": OURS}).status_code == 303


def test_a_link_changes_nothing(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    query = {"csrf": dashboard.token(), "id": item.uid, "from": "pending", "seen": "1", "decision": "approve"}
    for method in ("GET", "HEAD"):
        answer = dashboard.client.open("/admin/decide", method=method, query_string=query)
        assert answer.status_code == 405
    assert desk.state(item) is State.PENDING


def test_a_method_cannot_be_dressed_up(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    token = dashboard.token()
    fields = {"csrf": token, "id": item.uid, "from": "pending", "seen": "1", "decision": "approve"}
    dressed = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST"}
    answer = dashboard.client.get("/admin/decide", query_string={**fields, "_method": "POST"}, headers=dressed)
    assert answer.status_code == 405
    assert desk.state(item) is State.PENDING


def test_nobody_is_signed_in_by_another_page(dashboard: Dashboard) -> None:
    """Else a stranger could have somebody decide in the stranger's own account."""
    answer = dashboard.client.post(
        "/admin/sign-in", data={"name": "x", "password": "y"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_the_dashboards_headers(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    for path in (
        "/admin/",
        "/admin/sign-in",
        f"/admin/items/{item.uid}",
        "/admin/items/nothing",
        "/admin/me",
        "/admin/people",
    ):
        headers = dashboard.read(path).headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not [name for name, _value in headers if name.startswith("Access-Control")]


def test_files_may_be_kept_because_their_name_changes_with_them(dashboard: Dashboard) -> None:
    page = dashboard.page()
    addresses = [str(one["href"]) for one in page.select("link[rel=stylesheet]")]
    addresses += [str(one["src"]) for one in page.select("script")]
    assert len(addresses) >= 3
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{12}$|/[0-9a-f]{12}/", address)
        answer = dashboard.read(address)
        assert answer.status_code == 200
        assert "immutable" in str(answer.headers["Cache-Control"])
