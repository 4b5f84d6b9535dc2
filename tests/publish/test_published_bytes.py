"""What is kept of a thread: made once in a version, and never in the way of a reader or of a decision."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import brotli
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.orm import Session

from service.database import Kind
from service.model import Post, Published, Reflection
from service.model.engine import writing
from service.model.states import Step, step
from service.values.state import State
from tests.publish.asking import follow, texts, thread
from tests.support.service import KnownSite
from tests.support.threads import RECEIVED, Says, Threads

_NOTHING: Kind[None, None] = Kind(lambda session, works: [None] * len(works))


def kept(app: Flask, engine: Engine) -> list[Published]:
    """What is kept, once all is written that was handed over."""
    app.extensions["reflections-writer-behind"].write(_NOTHING, None)
    with Session(engine) as session:
        return list(session.scalars(select(Published)))


@contextmanager
def nobody_else_writes(engine: Engine) -> Iterator[Session]:
    """A transaction that holds up whoever wants to keep bytes."""
    with writing(engine) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("LOCK TABLE published IN EXCLUSIVE MODE"))
        yield session


def test_a_reader_does_not_wait_until_his_answer_is_kept(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    post = threads.post(site)
    threads.add(post, Says("words"))
    with nobody_else_writes(engine):
        assert thread(client, post.url)["total"] == 1
    (row,) = kept(app, engine)
    assert row.body == client.get("/api/v1/thread", query_string={"url": post.url}).data


def test_what_was_decided_meanwhile_is_not_kept(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    """An answer that was read before a decision and is written after it: nobody may ever be given it."""
    post = threads.post(site)
    (known,) = threads.add(post, Says("words"))
    with nobody_else_writes(engine) as session:
        assert thread(client, post.url)["total"] == 1
        item = session.get_one(Reflection, known.id)
        assert step(session, item, Step(item.state, State.REJECTED, "test", seen=item.latest), RECEIVED) is not None
    assert kept(app, engine) == []
    assert thread(client, post.url)["total"] == 0


def test_bytes_of_an_older_version_make_way(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    """Those of every view of the post."""
    post = threads.post(site)
    (item,) = threads.add(post, Says("words"))
    for state, order in ((State.APPROVED, "oldest"), (State.REJECTED, "newest")):
        threads.decide(item, state)
        thread(client, post.url, order=order)
        (row,) = kept(app, engine)
        assert (b"words" in row.body) is (state is State.APPROVED)


def test_what_a_thread_says_of_its_post_is_never_old(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    post = threads.post(site, title="Before")
    for title in ("After", "Later"):
        thread(client, post.url)
        kept(app, engine)
        with writing(engine) as session:
            session.execute(update(Post).values(title=title))
        assert thread(client, post.url)["title"] == title


def test_bytes_are_compressed_for_all_when_somebody_asks_again(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    """Most threads are read once in a version: the first reader gets his own coding, and nothing is kept of that."""
    post = threads.post(site)
    threads.add(post, Says("words " * 50))
    first = client.get("/api/v1/thread", query_string={"url": post.url}, headers={"Accept-Encoding": "br"})
    assert brotli.decompress(first.data).count(b"words") > 50
    (row,) = kept(app, engine)
    assert (row.gzip, row.brotli) == (None, None)
    thread(client, post.url)
    (row,) = kept(app, engine)
    assert row.gzip is not None and row.brotli is not None
    assert gzip.decompress(row.gzip) == brotli.decompress(row.brotli) == row.body


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """What the database is asked meanwhile by who reads."""
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_further: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def test_a_first_read_takes_three_queries_and_a_further_one_takes_one(
    app: Flask, client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    """However many items there are; each level of replies is one more."""
    post = threads.post(site)
    items = threads.add(post, *[Says(f"{number}") for number in range(60)])
    client.get("/healthz")
    for expected in (3, 1):
        with queries(app) as asked:
            thread(client, post.url)
        assert len(asked) == expected, "\n\n".join(asked)
        kept(app, engine)
    threads.add(post, *[Says(f"reply {number}", parent=item) for number, item in enumerate(items[:20])])
    with queries(app) as asked:
        thread(client, post.url)
    assert len(asked) == 4, "\n\n".join(asked)


def test_each_item_of_a_page_brings_its_own_first_replies(
    client: FlaskClient, site: KnownSite, threads: Threads
) -> None:
    post = threads.post(site)
    tops = threads.add(post, *[Says(name) for name in "abc"])
    threads.add(post, *[Says(f"{n}", parent=tops[n % 2]) for n in range(104)])
    first, second, third = thread(client, post.url)["reflections"]
    assert texts(first["replies"]) == [str(n) for n in range(0, 100, 2)]
    assert texts(second["replies"]) == [str(n) for n in range(1, 100, 2)]
    assert (third["replies"], third["more"]) == ([], None)
    assert texts(follow(client, first["more"])["reflections"]) == ["100", "102"]
