"""Signing in and out: guesses, sessions, cookies, and where it leads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from config.settings import Settings
from service.app import create_app
from service.model import Moderator
from service.model import session as signed_in
from service.model.engine import writing
from service.people.passwords import hashed
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import SignIn
from tests.support.waiting import until

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def guess(client: FlaskClient, name: str, password: str = "wrong", address: str = "127.0.0.1") -> int:
    """One try from an address; its status."""
    answer = client.post(
        "/admin/sign-in",
        data={"name": name, "password": password},
        headers={"Sec-Fetch-Site": "same-origin"},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code


def cookie(dashboard: Dashboard) -> str:
    """The session's token, as this browser keeps it."""
    found = dashboard.client.get_cookie("reflections", path="/")
    return found.value if found else ""


def plant(dashboard: Dashboard, value: str) -> None:
    dashboard.client.set_cookie("reflections", value, path="/")


def inside(dashboard: Dashboard) -> bool:
    return dashboard.read().status_code == 200


def test_name_and_password_open_the_dashboard(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard()
    answer = dashboard.read()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/sign-in")
    answer = dashboard.sign_in(owner)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert owner.name in dashboard.read().text


def test_capitals_in_the_name_make_no_difference(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    assert open_dashboard().sign_in(SignIn(owner.name.upper(), owner.password)).status_code == 303


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    wrong = open_dashboard().sign_in(SignIn(owner.name, "not it"))
    unknown = open_dashboard().sign_in(SignIn("Nobody", "not it"))
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(owner.name, "Nobody") == unknown.text
    assert "Set-Cookie" not in wrong.headers


def test_names_and_passwords_that_no_database_takes_are_wrong(client: FlaskClient, owner: SignIn) -> None:
    for number, name in enumerate(
        ("", "\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 10_000)
    ):
        assert guess(client, name, "\x00" * 20, f"198.51.100.{number}") == 422
    assert guess(client, owner.name, "x" * 100_000, "198.51.100.99") == 422


def test_a_name_of_marks_alone_costs_no_time(client: FlaskClient) -> None:
    began = time.monotonic()
    assert guess(client, "\u0301" * 50_000 + "\u0316" * 50_000) == 422
    assert time.monotonic() - began < 2


def test_spelling_a_name_otherwise_gives_no_further_guesses(client: FlaskClient, owner: SignIn) -> None:
    first, rest = owner.name[0], owner.name[1:]
    heard = [guess(client, f"{first}{chr(1 + one % 8)}\u200b{rest}", address=f"198.51.{one}.1") for one in range(31)]
    assert heard == [422] * 30 + [429]


def test_whoever_guesses_too_often_is_told_when_he_is_heard_again(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard()
    for _guess in range(10):
        assert dashboard.sign_in(SignIn(owner.name, "wrong")).status_code == 422
    answer = dashboard.sign_in(owner)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert "Try again in 10 minutes." in answer.text


def test_one_address_cannot_try_many_names(client: FlaskClient, owner: SignIn) -> None:
    answers = [guess(client, f"name {number}", address="198.51.100.7") for number in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_neighbours_in_one_ipv6_network_count_as_one(client: FlaskClient, owner: SignIn) -> None:
    answers = [guess(client, f"name {number}", address=f"2001:db8::{number:x}") for number in range(11)]
    assert answers[-1] == 429


def test_strangers_cannot_lock_the_owner_out(client: FlaskClient, owner: SignIn) -> None:
    assert guess(client, owner.name, owner.password, "192.0.2.1") == 303
    answers = [guess(client, owner.name, address=f"198.51.{number}.1") for number in range(35)]
    assert answers.count(422) == 30
    assert answers[-1] == 429
    assert guess(client, owner.name, owner.password, "198.51.200.1") == 429
    assert guess(client, owner.name, owner.password, "192.0.2.1") == 303


def test_the_right_password_is_no_guess(client: FlaskClient, owner: SignIn) -> None:
    assert [guess(client, owner.name, owner.password) for _ in range(12)] == [303] * 12


@pytest.mark.parametrize("meanwhile", ["removed", "another password"])
def test_who_may_no_more_since_his_password_was_looked_at_is_not_let_in(
    app: Flask, owner: SignIn, engine: Engine, redis_url: str, meanwhile: str
) -> None:
    counts = redis.Redis.from_url(redis_url)
    before = len(counts.keys("*guess*"))
    with ThreadPoolExecutor() as pool:
        with writing(engine) as session:
            this = Moderator.name == owner.name
            if meanwhile == "removed":
                session.execute(delete(Moderator).where(this))
            else:
                session.execute(update(Moderator).where(this).values(password_hash=hashed("quite another pass phrase")))
            answer = pool.submit(guess, app.test_client(), owner.name, owner.password)
            # What its address, its account and their being familiar are counted under: the last when it was right.
            until(lambda: len(counts.keys("*guess*")) == before + 3, 20, "the password was not right")
        assert answer.result(20) == 422


def test_a_planted_session_is_not_taken_over(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard()
    plant(dashboard, "planted-by-somebody-else")
    dashboard.sign_in(owner)
    assert cookie(dashboard) != "planted-by-somebody-else"
    attacker = open_dashboard()
    plant(attacker, "planted-by-somebody-else")
    assert not inside(attacker)


def test_signing_in_again_ends_the_session_before(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard(owner)
    old = cookie(dashboard)
    dashboard.sign_in(owner)
    assert inside(dashboard)
    assert cookie(dashboard) != old
    plant(dashboard, old)
    assert not inside(dashboard)


def test_a_cookie_is_worth_nothing_after_signing_out(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard(owner)
    kept = cookie(dashboard)
    form = dashboard.page().select_one(".self form")
    assert form is not None
    answer = dashboard.press(form, "Sign out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/sign-in")
    assert not cookie(dashboard)
    plant(dashboard, kept)
    assert not inside(dashboard)


def test_a_new_password_ends_every_other_session(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    phone, desk = open_dashboard(owner), open_dashboard(owner)
    before = cookie(desk)
    new = "quite another pass phrase"
    form = {"csrf": desk.token(), "old": owner.password, "new": new}
    assert desk.send("/admin/me/password", form).headers["Location"] == "/admin/me?done=password"
    assert inside(desk)
    assert cookie(desk) != before
    assert not inside(phone)
    assert open_dashboard().sign_in(owner).status_code == 422
    assert open_dashboard().sign_in(SignIn(owner.name, new)).status_code == 303


def test_a_new_password_needs_the_old_one_and_some_length(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard(owner)

    def change(old: str, new: str) -> str:
        answer = dashboard.send("/admin/me/password", {"csrf": dashboard.token(), "old": old, "new": new})
        assert answer.status_code == 422
        return answer.text

    assert "This is not your present password." in change("wrong", "quite another pass phrase")
    assert "A password has at least 12 characters." in change(owner.password, "short")
    assert "This password is too long." in change(owner.password, "x" * 1001)
    assert open_dashboard().sign_in(owner).status_code == 303


@pytest.mark.parametrize(
    ("span", "column"),
    [(timedelta(hours=13), "seen"), (timedelta(days=31), "created"), (timedelta(days=-1), "seen")],
)
def test_a_session_ends_by_itself(
    open_dashboard: OpenDashboard, owner: SignIn, engine: Engine, span: timedelta, column: str
) -> None:
    dashboard = open_dashboard(owner)
    with writing(engine) as session:
        one = session.scalars(select(signed_in.Session)).one()
        setattr(one, column, datetime.now(UTC) - span)
    assert not inside(dashboard)


def test_a_session_that_is_used_lives_on(open_dashboard: OpenDashboard, owner: SignIn, engine: Engine) -> None:
    dashboard = open_dashboard(owner)
    earlier = datetime.now(UTC) - timedelta(hours=11)
    with writing(engine) as session:
        session.scalars(select(signed_in.Session)).one().seen = earlier
    assert inside(dashboard)
    with Session(engine) as session:
        assert session.scalars(select(signed_in.Session)).one().seen > earlier + timedelta(hours=10)


def test_the_database_holds_neither_password_nor_token(
    open_dashboard: OpenDashboard, owner: SignIn, engine: Engine
) -> None:
    dashboard = open_dashboard(owner)
    with engine.connect() as connection:
        for table in ("session", "moderator"):
            rows = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert cookie(dashboard) not in rows
            assert owner.password not in rows


def test_signing_in_leads_to_our_own_pages_alone(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    for wanted in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/admin\\..\\..\\",
        "javascript:alert(1)",
        "/admin/\r\nSet-Cookie: a=b",
        "/adminevil",
        "",
    ):
        assert open_dashboard().sign_in(owner, next=wanted).headers["Location"] == "/admin/", wanted


def test_signing_in_leads_where_one_was_going(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    dashboard = open_dashboard()
    answer = dashboard.read("/admin/?state=spam")
    page = dashboard.page(str(answer.headers["Location"]))
    wanted = str(page.select_one("input[name=next]")["value"])  # type: ignore[index]
    assert dashboard.sign_in(owner, next=wanted).headers["Location"] == "/admin/?state=spam"


def test_over_http_on_this_machine_the_cookie_is_plain(open_dashboard: OpenDashboard, owner: SignIn) -> None:
    header = open_dashboard().sign_in(owner).headers["Set-Cookie"]
    assert set(header.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert header.startswith("reflections=")


@pytest.fixture
def behind_https(settings: Settings) -> Iterator[Flask]:
    """The same service at an https address."""
    from service.app import create_app

    yield create_app(settings.model_copy(update={"base_url": "https://reflections.example"}))


def test_over_https_the_cookie_is_this_hosts_alone(behind_https: Flask, owner: SignIn) -> None:
    client = behind_https.test_client()
    fields = {"name": owner.name, "password": owner.password}
    answer = client.post(
        "/admin/sign-in", data=fields, headers={"Origin": "https://reflections.example"}, base_url="https://localhost"
    )
    header = answer.headers["Set-Cookie"]
    assert header.startswith("__Host-reflections=")
    assert set(header.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    # A neighbouring host may toss a cookie of the plain name; nobody looks at it.
    client.set_cookie("reflections", header.partition("=")[2].partition(";")[0], path="/")
    client.delete_cookie("__Host-reflections", path="/")
    assert client.get("/admin/", base_url="https://localhost").status_code == 302


def test_no_other_cookie_is_ever_set(open_dashboard: OpenDashboard, owner: SignIn, desk: Desk) -> None:
    item = desk.came()
    dashboard = open_dashboard(owner)
    for path in ("/admin/", f"/admin/items/{item.uid}", "/admin/me", "/admin/people", "/admin/sign-in"):
        assert "Set-Cookie" not in dashboard.read(path).headers
    assert "Set-Cookie" not in dashboard.press_on(item, "Approve").headers


def test_the_signed_out_find_the_way_back_in(open_dashboard: OpenDashboard, owner: SignIn, desk: Desk) -> None:
    item = desk.came()
    dashboard = open_dashboard(owner)
    form = dashboard.form(item)
    plant(dashboard, "gone")
    answer = dashboard.press(form, "Approve")
    assert answer.status_code == 401
    assert "You are signed out" in answer.text


def test_below_a_path_sign_in_leads_to_our_own_dashboard(settings: Settings, owner: SignIn) -> None:
    below = create_app(settings.model_copy(update={"base_url": "http://127.0.0.1:8000/talk"})).test_client()
    ours = "http://127.0.0.1:8000/talk"
    asked = below.get("/admin/?state=spam", base_url=ours)
    assert asked.headers["Location"] == "/talk/admin/sign-in?next=/talk/admin/?state%3Dspam"
    for wanted, leads in {"/talk/admin/?state=spam": "/talk/admin/?state=spam", "/admin/": "/talk/admin/"}.items():
        signed_in = below.post(
            "/admin/sign-in",
            data={"name": owner.name, "password": owner.password, "next": wanted},
            headers={"Sec-Fetch-Site": "same-origin"},
            base_url=ours,
        )
        assert (signed_in.status_code, signed_in.headers["Location"]) == (303, leads)
