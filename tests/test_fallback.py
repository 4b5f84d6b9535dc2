"""What nobody expected is answered in one sentence that tells a stranger nothing."""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import Any

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import event, text

from service import fallback
from service.database import db, init, write
from service.languages import pages

EVERYWHERE = ("X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Content-Security-Policy")


@pytest.fixture
def app(sqlite_url: str) -> Flask:
    """A house with nothing in it but mishaps."""
    app = Flask("test", static_folder=None)
    init(app, sqlite_url)
    pages.install(app)
    fallback.install(app, "https://reflections.example")

    @app.get("/boom")
    @app.get("/api/v1/boom")
    def boom() -> str:
        raise RuntimeError("secret /etc/passwd")

    @app.get("/redis")
    def redis() -> str:
        raise RedisAway("secret-host:6379 refused")

    @app.post("/write")
    def store() -> str:
        write(lambda session: session.execute(text("INSERT INTO host (name) VALUES ('a.example')")))
        return "stored"

    @app.post("/fill")
    def fill() -> str:
        names = [{"name": f"{number}.example".rjust(250, "x")} for number in range(500)]
        write(lambda session: session.execute(text("INSERT INTO host (name) VALUES (:name)"), names))
        return "stored"

    @app.get("/read")
    def read() -> str:
        return str(db.session.scalar(text("SELECT count(*) FROM host")))

    @app.get("/large")
    def large() -> str:
        abort(413)

    @app.get("/own")
    def own() -> tuple[str, dict[str, str]]:
        return "mine", {"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "no-referrer"}

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("path", ["/boom", "/api/v1/boom"])
def test_a_fault_tells_its_number_and_nothing_else(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    answer = client.get(path)
    assert answer.status_code == 500
    for told in ("secret", "Traceback", "RuntimeError", ".py", "Flask", "Werkzeug"):
        assert told not in answer.text
    number = re.search(r"Its number is ([0-9a-f]{12})\.", answer.text)
    assert number, answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_fault_is_told_in_the_readers_language(client: FlaskClient) -> None:
    assert "Une erreur s’est produite ici." in client.get("/boom", headers={"Accept-Language": "fr"}).text


def test_an_unknown_address_is_one_sentence(client: FlaskClient) -> None:
    answer = client.get("/<script>nothing")
    assert (answer.status_code, answer.text) == (404, "There is nothing at this address.\n")
    assert answer.mimetype == "text/plain"
    assert client.get("/x", headers={"Accept-Language": "fr"}).text == "Il n’y a rien à cette adresse.\n"


def test_an_unknown_address_of_the_api_is_a_problem(client: FlaskClient) -> None:
    for answer in (client.get("/api/v1/nothing"), client.get("/nothing", headers={"Accept": "application/json"})):
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json(force=True)["status"] == answer.status_code == 404


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    answer = client.get("/write")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert answer.text == "This address does not take GET requests.\n"
    assert client.get("/large").text == "The request is too large.\n"


@pytest.mark.parametrize("path", ["/nothing", "/boom", "/read", "/redis", "/write"])
def test_every_answer_has_the_headers_of_the_house(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    for name in EVERYWHERE:
        assert answer.headers.get_all(name), name
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_rooms_own_headers_stand(client: FlaskClient) -> None:
    headers = client.get("/own").headers
    assert headers.get_all("Content-Security-Policy") == ["default-src 'self'"]
    assert headers.get_all("Referrer-Policy") == ["no-referrer"]


def test_redis_away_is_for_later(client: FlaskClient) -> None:
    answer = client.get("/redis")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "secret" not in answer.text


def test_a_full_disk_is_for_later_and_heals_by_itself(app: Flask, client: FlaskClient) -> None:
    """SQLite says that the disk is full where its file may take no further page."""
    pages = [1]

    def bound(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")

    with app.app_context():
        event.listen(db.engine, "checkout", bound)
    answer = client.post("/fill")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.text == "There is no space left to keep anything; try again later.\n"
    assert client.get("/read").text == "0", "reading goes on, and nothing is half there"
    pages[0] = 1_000_000
    assert client.post("/fill").status_code == 200
    assert client.get("/read").text == "500"


def test_a_disk_that_only_reads_is_for_later_and_reading_goes_on(app: Flask, client: FlaskClient) -> None:
    """SQLite says of a file system that was made read-only what it says here."""
    reads = ["ON"]

    def bound(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA query_only = {reads[0]}")

    with app.app_context():
        event.listen(db.engine, "checkout", bound)
    answer = client.post("/write")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.get("/read").text == "0"
    reads[0] = "OFF"
    assert client.post("/write").status_code == 200


def test_a_locked_database_is_for_later(client: FlaskClient, app: Flask, sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post("/write")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "busy" in answer.text
        assert client.get("/read").text == "0"
        other.execute("ROLLBACK")
    assert client.post("/write").status_code == 200
    assert client.get("/read").text == "1"
