"""What readers are told while a site is closed: its threads stay, and say that they take no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.model import brake
from service.model.engine import writing
from tests.publish.asking import ask, texts, thread
from tests.support.service import KnownSite
from tests.support.threads import Says, Threads

OPEN, CLOSED = {"comments": True, "linkbacks": True}, {"comments": False, "linkbacks": False}


def test_what_was_published_ends_when_a_brake_is_pulled_and_when_it_is_let_go(
    client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    post = threads.post(site)
    threads.add(post, Says("words"))
    assert thread(client, post.url)["open"] == OPEN
    before = ask(client, "/api/v1/thread", url=post.url).headers["ETag"]  # kept by now
    now = datetime.now(UTC)
    with writing(engine) as session:
        brake.pull(session, [site.id], brake.CLOSE, "Olga", now, now + timedelta(hours=1))
    told = thread(client, post.url)
    assert (told["open"], texts(told["reflections"])) == (CLOSED, ["words"])
    assert ask(client, "/api/v1/thread", url=post.url).headers["ETag"] != before
    assert thread(client, site.page("never-named"))["open"] == CLOSED
    assert "Comments are closed." in ask(client, "/embed", url=post.url).text
    with writing(engine) as session:
        brake.let_go(session, [site.id], brake.CLOSE, "Olga", now)
    assert thread(client, post.url)["open"] == OPEN


def test_it_ends_by_itself(client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine) -> None:
    post = threads.post(site)
    past = datetime.now(UTC) - timedelta(hours=1)
    with writing(engine) as session:
        brake.pull(session, [site.id], brake.CLOSE, "Olga", past, past + timedelta(minutes=59))
    assert thread(client, post.url)["open"] == OPEN
