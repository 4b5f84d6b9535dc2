"""What pages ask for all the time is found by an index, however much there is of everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.orm import Session

from service.model import Reflection, Revision
from service.model.engine import writing
from service.moderate import items
from service.moderate.asked import Asked
from service.people.roles import everywhere, site_alone, sites_of
from service.publish import rows
from service.publish.thread import Heading
from service.publish.view import View
from service.values import clean
from service.values.state import Kind, State
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import KnownPost, Threads

HEADING = Heading("https://busy.example/long", "", "en", True, True)
MANY = 20_000
"""Items, of which all but a few are decided; a tenth of them is under one post."""
FEW = 1_000
"""Enough for SQLite, which does not count them to make its plans."""


@pytest.fixture
def busy(engine: Engine, make_site: MakeSite, threads: Threads) -> tuple[KnownSite, KnownPost]:
    """A site among a crowd of items, and the post that most of them are about."""
    site = make_site("https://busy.example/")
    long, short = threads.post(site, "long"), threads.post(site, "short")
    now = datetime.now(UTC)

    def item(number: int) -> dict[str, Any]:
        state = State.PENDING if number % 1000 == 0 else State.SPAM if number % 7 == 0 else State.APPROVED
        return {
            "uid": f"uid-{number}",
            "site_id": site.id,
            "post_id": long.id if number % 10 == 0 else short.id,
            "kind": Kind.WEBMENTION,
            "source_key": f"{number}",
            "host": f"host-{number % 500}.example",
            "state": state,
            "received": now,
            "latest": 2 if number % 1000 == 1 else 1,
            "shown": 1 if state is State.APPROVED else None,
            "decided": 1 if state is not State.PENDING else None,
        }

    many = MANY if engine.dialect.name == "postgresql" else FEW
    with writing(engine) as session:
        session.execute(insert(Reflection), [item(number) for number in range(many)])
        found = session.scalars(select(Reflection.id)).all()
        said = {"number": 1, "made": now, "text": "words", "cleaned_by": clean.VERSION}
        session.execute(insert(Revision), [{**said, "reflection_id": each} for each in found])
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return site, long


@contextmanager
def plans(engine: Engine) -> Iterator[list[str]]:
    """How the database finds the reflections of each query that is made meanwhile."""
    asked: list[tuple[str, Any]] = []

    def heard(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT") and "reflection" in statement:
            asked.append((statement, parameters))

    found: list[str] = []
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", heard)
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        with engine.connect() as connection:
            for statement, parameters in asked:
                plan = connection.exec_driver_sql(explain + statement, parameters)
                found.append("\n".join(str(row[-1]) for row in plan))


Ask = Callable[[Session, KnownSite, KnownPost], object]
QUESTIONS: dict[str, tuple[Ask, list[str]]] = {
    "what waits, for an owner": (
        lambda session, site, post: items.page(session, everywhere, Asked(waiting=True)),
        ["ix_reflection_waiting", "ix_reflection_record"],
    ),
    "what waits on a site": (
        lambda session, site, post: items.page(session, site_alone(site.id), Asked(waiting=True)),
        ["_waiting", "ix_reflection_record"],
    ),
    "what waits, for a moderator": (
        lambda session, site, post: items.page(session, sites_of(1), Asked(waiting=True)),
        ["_waiting"],
    ),
    "how much waits, for an owner": (lambda session, site, post: items.waiting(session, everywhere), ["_waiting"]),
    "how much waits on a site": (
        lambda session, site, post: items.waiting(session, site_alone(site.id)),
        ["ix_reflection_site_waiting"],
    ),
    "what was rejected, for an owner": (
        lambda session, site, post: items.page(session, everywhere, Asked(State.REJECTED)),
        ["ix_reflection_not_up"],
    ),
    "what was approved, for an owner": (
        lambda session, site, post: items.page(session, everywhere, Asked(State.APPROVED)),
        ["ix_reflection_up"],
    ),
    "what comes from a host": (
        lambda session, site, post: items.page(session, everywhere, Asked(host="host-7.example")),
        ["ix_reflection_"],
    ),
    "what is on a post": (
        lambda session, site, post: items.page(session, everywhere, Asked(post=post.url)),
        ["ix_reflection_post"],
    ),
    "what came to a site": (
        lambda session, site, post: items.page(session, site_alone(site.id), Asked()),
        ["_reflection"],
    ),
    "what came until some day": (
        lambda session, site, post: items.page(session, everywhere, Asked(until=date(2020, 1, 1))),
        ["ix_reflection_received"],
    ),
    "what spam came until some day": (
        lambda session, site, post: items.page(session, everywhere, Asked(State.SPAM, until=date(2020, 1, 1))),
        ["ix_reflection_came"],
    ),
    "what says some words": (
        lambda session, site, post: items.page(session, everywhere, Asked(words="zeppelins 9")),
        ["words"],
    ),
    "a thread": (
        lambda session, site, post: rows.thread(session.connection(), post.id, HEADING, View()),
        ["ix_reflection_counts", "ix_reflection_thread"],
    ),
    "the replies of a page": (
        lambda session, site, post: rows.replies(session.connection(), [1, 2, 3]),
        ["ix_reflection_replies"],
    ),
    "the counts of many pages": (
        lambda session, site, post: rows.count(session.connection(), [post.id, post.id + 1]),
        ["ix_reflection_counts"],
    ),
}


def test_every_question_has_its_index(engine: Engine, busy: tuple[KnownSite, KnownPost]) -> None:
    for what, (ask, indexes) in QUESTIONS.items():
        with plans(engine) as found, Session(engine) as session:
            ask(session, *busy)
        plan = "\n".join(found)
        for index in indexes:
            assert index in plan, f"{what} does not use {index}:\n{plan}"
        assert "Seq Scan on reflection" not in plan, f"{what}:\n{plan}"
