"""Every route of the dashboard asks who it is, and every change asks for its token; found by walking the map."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from service.people import csrf
from service.people.guard import PUBLIC
from tests.support.desk import Dashboard

BEARER = "moderate.api."
SAFE = {"GET", "HEAD", "OPTIONS"}

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each rule with an address that it matches."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {
            name: "x" if "int" not in type(rule._converters[name]).__name__.lower() else 1 for name in rule.arguments
        }
        yield rule, adapter.build(rule.endpoint, values, force_external=False)


def behind_the_guard(app: Flask) -> list[tuple[Rule, str]]:
    return [(rule, path) for rule, path in rules(app) if path.startswith("/admin") and rule.endpoint not in PUBLIC]


def test_the_public_list_names_what_there_is(app: Flask) -> None:
    assert set(app.view_functions) >= PUBLIC


def test_each_page_of_the_dashboard_asks_for_a_sign_in(app: Flask, client: FlaskClient) -> None:
    found = behind_the_guard(app)
    assert len(found) >= 5
    for rule, path in found:
        for method in rule.methods or ():
            answer = client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"})
            if method in SAFE:
                assert answer.status_code == 302, f"{method} {path}"
                assert str(answer.headers["Location"]).startswith("/admin/sign-in"), f"{method} {path}"
            else:
                assert answer.status_code == 401, f"{method} {path}"


def test_each_change_asks_for_its_token(app: Flask, dashboard: Dashboard) -> None:
    for rule, path in behind_the_guard(app):
        for method in (rule.methods or set()) - SAFE:
            for token in ({}, {csrf.FIELD: "wrong"}):
                answer = dashboard.client.open(
                    path, method=method, data=token, headers={"Sec-Fetch-Site": "same-origin"}
                )
                assert answer.status_code == 403, f"{method} {path}"


def test_each_change_comes_from_our_own_page(app: Flask, dashboard: Dashboard) -> None:
    token = {csrf.FIELD: dashboard.token()}
    foreign = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    )
    for rule, path in rules(app):
        if not path.startswith("/admin"):
            continue
        for method in (rule.methods or set()) - SAFE:
            for headers in foreign:
                answer = dashboard.client.open(path, method=method, data=token, headers=headers)
                assert answer.status_code == 403, f"{method} {path} {headers}"


def test_nothing_is_kept_of_the_dashboard_and_nobody_frames_it(app: Flask, dashboard: Dashboard) -> None:
    for rule, path in behind_the_guard(app):
        if "GET" not in (rule.methods or ()):
            continue
        answer = dashboard.read(path)
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in str(answer.headers["Content-Security-Policy"]), path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "Cookie" in str(answer.headers["Vary"]), path


def test_each_route_of_the_moderation_api_asks_for_a_token(app: Flask, dashboard: Dashboard) -> None:
    found = [(rule, path) for rule, path in rules(app) if rule.endpoint.startswith(BEARER)]
    assert len(found) >= 3
    for rule, path in found:
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = dashboard.client.open(path, method=method)
            assert answer.status_code == 401, f"{method} {path}"
            assert str(answer.headers["WWW-Authenticate"]).startswith("Bearer"), path
