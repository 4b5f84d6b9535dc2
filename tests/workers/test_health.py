"""Who can't be reached is left alone for growing spans, and nobody's page fails for a neighbour's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from service.model import Origin, Post, Reflection
from service.model.engine import create, writing
from service.model.host import let_be_asked
from service.values.address import parse
from service.values.page import Busy, Failure, Fetched, Limits, Page
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.fetching import code, fetcher
from tests.support.nameserver import NameServer
from tests.support.verifying import OURS, Pipeline
from tests.support.waiting import free_port
from tests.support.web import Answer, Web
from workers.fetch import Fetcher
from workers.health import FIRST_REST, FORGIVEN, LONGEST_REST, Health, rest

HOST = "127.0.0.2"


class Asking:
    """A fetcher with a memory for who is down, and its database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.fetcher: Fetcher = fetcher(health=Health(engine))

    def __call__(self, url: str, seconds: float = 5.0) -> Fetched:
        return self.fetcher.fetch(parse(url), Limits(seconds=seconds))

    def down(self, times: int = FORGIVEN + 1) -> str:
        """The address of a server that is not there, asked so often; its port is free."""
        url = f"http://{HOST}:{free_port()}/a"
        assert {code(self(url)) for _ in range(times)} == {"unreachable"}
        return url

    def row(self, url: str) -> Origin | None:
        with Session(self.engine, expire_on_commit=False) as session:
            return session.scalar(select(Origin).where(Origin.name == parse(url).origin))

    def seconds(self, url: str) -> float:
        """How long its origin still rests."""
        row = self.row(url)
        return (row.rests_until - datetime.now(UTC)).total_seconds() if row else 0.0

    def later(self, by: timedelta) -> None:
        """So much time passes for all that rest."""
        with writing(self.engine) as session:
            for row in session.scalars(select(Origin)).all():
                row.rests_until -= by


@pytest.fixture
def ask(engine: Engine) -> Asking:
    """On either database, migrated; Redis is away."""
    return Asking(engine)


@pytest.fixture
def unanswered() -> Iterator[Engine]:
    """A database that is away."""
    engine = create("postgresql+psycopg://nobody@127.0.0.1:1/none")
    yield engine
    engine.dispose()


def was_asked(found: Fetched) -> bool:
    return not (isinstance(found, Failure) and found.remembered)


def test_a_host_that_is_down_is_not_asked_after_a_few_failures(ask: Asking) -> None:
    url = ask.down()

    for path in "abc":
        found = ask(url + path)
        assert (code(found), was_asked(found)) == ("unreachable", False)
    assert FIRST_REST.total_seconds() - 10 < ask.seconds(url) <= FIRST_REST.total_seconds()


def test_a_few_failures_are_forgiven(ask: Asking) -> None:
    url = ask.down(FORGIVEN)

    assert was_asked(ask(url))


def test_it_is_asked_again_after_each_rest_once_and_rests_longer(ask: Asking) -> None:
    url = ask.down()
    for doubled in (2, 4, 8):
        ask.later(LONGEST_REST)
        assert was_asked(ask(url))
        assert not was_asked(ask(url))
        assert 0 <= doubled * FIRST_REST.total_seconds() - ask.seconds(url) < 10


def test_a_rest_has_an_end() -> None:
    assert [rest(failures) // FIRST_REST for failures in range(12)] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert rest(10_000) == LONGEST_REST


def test_a_host_that_answers_again_is_well(ask: Asking, web: Web) -> None:
    url = web.page("/", status=404)
    with writing(ask.engine) as session:
        session.add(Origin(name=parse(url).origin, failures=7, reason="timeout", rests_until=datetime.now(UTC)))

    assert code(ask(url)) == "not_found"
    assert ask.row(url) is None


def test_other_ports_and_schemes_of_a_host_that_is_down_are_asked(ask: Asking, web: Web) -> None:
    url = ask.down()

    assert isinstance(ask(web.page("/", "words")), Page)
    assert was_asked(ask(url.replace("http:", "https:")))
    assert was_asked(ask(f"http://{HOST}:{free_port()}/"))


def test_no_page_speaks_for_its_host(ask: Asking, web: Web) -> None:
    """Errors, walls, nonsense and silence are the page's own."""

    async def hang_up(_reader: object, _writer: object) -> None:
        return

    web.raw(hang_up, host="127.0.0.3")
    silent = web.page("/silent", delay=30)
    pages = [web.page(f"/{status}", status=status) for status in (403, 404, 410, 500, 502)]
    for url in [*pages, web.url("/", "127.0.0.3")]:
        for _ in range(FORGIVEN + 2):
            assert was_asked(ask(url))
        assert ask.row(url) is None
    assert [code(ask(silent, 0.2)) for _ in range(FORGIVEN + 2)] == ["timeout"] * (FORGIVEN + 2)
    assert isinstance(ask(web.page("/", "words")), Page)


def test_nobody_makes_a_host_rest_by_redirects(ask: Asking, web: Web) -> None:
    there = f"http://{HOST}:{free_port()}/"
    source = web.redirect("/source", there, host="127.0.0.4")
    for _ in range(FORGIVEN + 2):
        assert code(ask(source)) == "unreachable"

    assert ask.row(there) is None


def test_a_redirect_to_a_host_that_is_down_does_not_ask_it(ask: Asking, web: Web) -> None:
    found = ask(web.redirect("/source", ask.down(), host="127.0.0.4"))

    assert (code(found), was_asked(found)) == ("unreachable", False)


def test_a_redirect_to_who_asked_for_patience_counts_as_an_attempt(ask: Asking, web: Web) -> None:
    busy = web.page("/busy", status=429, headers={"Retry-After": "600"})
    ask(busy)
    found = ask(web.redirect("/source", busy, host="127.0.0.4"))

    assert isinstance(found, Failure) and (code(found), found.remembered) == ("rate_limited", True)
    assert found.retry_after is not None and 500 < found.retry_after <= 600


@on_sqlite
def test_impatience_of_ours_is_no_failure_of_the_host(engine: Engine, nameserver: NameServer) -> None:
    nameserver.silent("slow.example")
    impatient = fetcher(health=Health(engine), nameserver=nameserver, patience=10.0)
    for _ in range(FORGIVEN + 1):
        assert code(impatient.fetch(parse("http://slow.example/"), Limits(seconds=0.3))) == "timeout"
    with Session(engine) as session:
        assert session.scalars(select(Origin)).all() == []
    patient = fetcher(health=Health(engine), nameserver=nameserver, patience=0.3)
    assert code(patient.fetch(parse("http://slow.example/"), Limits(seconds=0.3))) == "timeout"
    with Session(engine) as session:
        assert len(session.scalars(select(Origin)).all()) == 1


def test_what_we_do_not_dare_is_no_failure_of_the_host(engine: Engine) -> None:
    ask = Asking(engine)
    for _ in range(FORGIVEN + 2):
        assert code(ask("http://10.0.0.1/")) == "refused_address"
    assert ask.row("http://10.0.0.1/") is None


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_patience_has_it_for_all_its_pages(ask: Asking, web: Web, status: int) -> None:
    busy = web.page("/busy", status=status, headers={"Retry-After": "90"})
    other = web.page("/other", "words")
    ask(busy)

    found = ask(other)
    assert isinstance(found, Busy) and 60 < found.seconds <= 90
    assert web.requests(other) == []
    ask.later(timedelta(seconds=90))
    assert isinstance(ask(other), Page)
    assert ask.row(other) is None


def test_patience_has_an_end(ask: Asking, web: Web) -> None:
    url = web.page("/", status=429, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"})
    ask(url)

    assert 0 <= LONGEST_REST.total_seconds() - ask.seconds(url) < 10


def test_other_errors_may_not_ask_for_the_hosts_patience(ask: Asking, web: Web) -> None:
    ask(web.page("/", status=500, headers={"Retry-After": "90"}))

    assert isinstance(ask(web.page("/other", "words")), Page)


def test_a_rest_made_under_a_clock_that_was_a_day_ahead_counts_as_passed(ask: Asking) -> None:
    url = ask.down()
    ask.later(timedelta(days=-1))

    assert was_asked(ask(url))


def test_what_nobody_asked_for_since_is_forgotten(ask: Asking) -> None:
    first = ask.down()
    ask.later(timedelta(days=2))
    assert was_asked(ask(first))
    row = ask.row(first)
    assert row is not None and row.failures == 1
    ask.later(timedelta(days=2))
    ask.down(1)

    assert ask.row(first) is None


def test_a_person_who_wants_to_know_has_it_asked(ask: Asking) -> None:
    url = ask.down()
    with writing(ask.engine) as session:
        let_be_asked(session, parse(url))

    assert was_asked(ask(url))


def test_without_the_database_everybody_is_asked(unanswered: Engine, web: Web) -> None:
    ask = Asking(unanswered)

    assert isinstance(ask(web.page("/", "words")), Page)
    assert was_asked(ask(f"http://{HOST}:{free_port()}/"))


def test_many_at_once_count_without_error(ask: Asking) -> None:
    url = f"http://{HOST}:{free_port()}/"
    threads = [threading.Thread(target=ask, args=(url,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    row = ask.row(url)
    assert row is not None and 1 <= row.failures <= 8


# through the pipeline


def test_forty_items_of_a_dead_host_cost_a_few_connections_and_all_have_their_attempts(
    sqlite_pipeline: Pipeline,
) -> None:
    pipeline, knocks = sqlite_pipeline, 0
    target = pipeline.post()

    async def reset(_reader: object, writer: object) -> None:
        nonlocal knocks
        knocks += 1
        writer.transport.abort()  # type: ignore[attr-defined]

    pipeline.web.greets(reset, host="127.0.0.5")
    secure = f"https://127.0.0.5:{pipeline.web.port}"
    items = [pipeline.claim(f"{secure}/{number}", target) for number in range(40)]
    pipeline.run()

    found = [pipeline.item(item) for item in items]
    assert {(item.state, item.reason, item.attempts) for item in found} == {(State.RECEIVED, "tls", 1)}
    assert knocks <= FORGIVEN + 1 + pipeline.means.hands.count
    for _ in range(4):
        with writing(pipeline.engine) as session:
            session.execute(update(Reflection).values(due_at=datetime.now(UTC)))
        pipeline.run()
    assert {pipeline.item(item).state for item in items} == {State.FAILED}
    assert knocks <= FORGIVEN + 1 + pipeline.means.hands.count
    last = pipeline.events(items[-1])[-1]
    assert (last.details or {})["visit"]["spared"] is True


def test_an_item_of_a_host_that_asked_for_patience_waits_without_an_attempt(pipeline: Pipeline) -> None:
    target = pipeline.post()
    busy = pipeline.web.page("/busy", status=503, headers={"Retry-After": "1800"})
    pipeline.verified(busy, target)
    source = pipeline.web.page("/source", f"<a href='{target}'>x</a>")
    item = pipeline.verified(source, target)

    assert (item.state, item.attempts, item.lease, pipeline.events(item.id)) == (State.RECEIVED, 0, None, [])
    assert item.due_at is not None
    assert 1700 < (item.due_at - datetime.now(UTC)).total_seconds() < 1900
    assert pipeline.web.requests(source) == []


def resting(pipeline: Pipeline) -> str:
    """A post of ours, once a neighbour's page asked for half an hour of patience for all of the sources' host."""
    target = pipeline.post()
    pipeline.verified(pipeline.web.page("/~user", status=503, headers={"Retry-After": "1800"}), target)
    return target


@pytest.mark.parametrize("status", [200, 429])
def test_an_item_that_waited_for_a_day_is_asked_all_the_same(sqlite_pipeline: Pipeline, status: int) -> None:
    target = resting(sqlite_pipeline)
    body, patience = f"<a href='{target}'>x</a>", {"Retry-After": "3600"} if status == 429 else {}
    source = sqlite_pipeline.web.page("/source", body, status=status, headers=patience)
    item = sqlite_pipeline.verified(source, target)
    first = item.waits_since
    assert first is not None and not sqlite_pipeline.web.requests(source)
    for hours in (23, 25, 25, 26, 27, 33):
        then = datetime.now(UTC)
        sqlite_pipeline.change(item.id, due_at=then, waits_since=then - timedelta(hours=hours))
        sqlite_pipeline.run()
        item = sqlite_pipeline.item(item.id)
        if item.state is not State.RECEIVED:
            break
    asked = len(sqlite_pipeline.web.requests(source))
    assert (item.state, item.waits_since) == (State.PENDING if status == 200 else State.FAILED, None)
    assert asked == (1 if status == 200 else 5) and len(sqlite_pipeline.events(item.id)) == asked
    with Session(sqlite_pipeline.engine) as session:
        assert session.scalars(select(Origin.reason)).all() == ["rate_limited"]


def test_an_item_that_is_sent_again_after_a_year_has_its_day_too(sqlite_pipeline: Pipeline) -> None:
    target = resting(sqlite_pipeline)
    source = sqlite_pipeline.web.page("/source", f"<a href='{target}'>x</a>")
    item = sqlite_pipeline.verified(source, target, age=timedelta(days=365))
    assert (item.state, item.attempts, sqlite_pipeline.events(item.id)) == (State.RECEIVED, 0, [])
    assert not sqlite_pipeline.web.requests(source)


def test_a_post_of_ours_whose_host_asks_for_patience_waits_and_its_items_do_not(sqlite_pipeline: Pipeline) -> None:
    pipeline = sqlite_pipeline
    busy = pipeline.web.page("/busy", status=503, host=OURS, headers={"Retry-After": "1800"})
    pipeline.verified(pipeline.web.page("/one", f"<a href='{busy}'>x</a>"), busy)
    target = pipeline.post("/new")
    item = pipeline.verified(pipeline.web.page("/two", f"<a href='{target}'>x</a>"), target)
    post = pipeline.our_post(target)
    assert item.state is State.PENDING and not pipeline.web.requests(target)
    assert (post.exists, post.attempts) == (None, 0) and post.due_at is not None
    assert 1700 < (post.due_at - datetime.now(UTC)).total_seconds() < 1900
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    with writing(pipeline.engine) as session:
        session.execute(update(Post).where(Post.id == post.id).values(due_at=datetime.now(UTC), waits_since=long_ago))
    pipeline.run()
    again = pipeline.our_post(target)
    assert (again.exists, again.waits_since) == (True, None) and len(pipeline.web.requests(target)) == 1


def test_a_host_that_comes_back_is_read(pipeline: Pipeline) -> None:
    target = pipeline.post()
    answers = iter([Answer(status=503, headers={"Retry-After": "60"}), Answer(f"<a href='{target}'>x</a>")])
    source = pipeline.web.answers("/source", lambda _request: next(answers))
    item = pipeline.verified(source, target)
    assert item.reason == "server_error"
    with writing(pipeline.engine) as session:
        session.execute(sqlalchemy.delete(Origin))
    pipeline.change(item.id, due_at=datetime.now(UTC))
    pipeline.run()

    assert pipeline.item(item.id).state is State.PENDING
