"""A host's turn: one request at a time, an interval after it, whatever Redis does meanwhile."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
import sqlalchemy
from sqlalchemy import Engine

from service.model.engine import create, writing
from service.model.host import Host
from service.values.address import parse
from service.values.page import Busy, Failure, Fetched, Limits, Page
from tests.support.fetching import NOWHERE, code, fetcher, no_turns
from tests.support.web import Request, Web
from workers.fetch import Fetcher
from workers.pace import Pace, Turn

INTERVAL = 0.3
LONG = 60.0
"""An interval that ends in no test, however slow the machine."""
HOST = "blog.example"


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Engine]:
    """The database of workers whose Redis is there; it is not asked."""
    engine = create(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def pace(redis_url: str, database: Engine) -> Pace:
    """A pace as a worker has it."""
    return Pace(redis.Redis.from_url(redis_url), database, INTERVAL)


@pytest.fixture
def slow(redis_url: str, database: Engine) -> Pace:
    """One under which a host rests for longer than any test."""
    return Pace(redis.Redis.from_url(redis_url), database, LONG)


@pytest.fixture
def other(redis_url: str, database: Engine) -> Pace:
    """The pace of another worker."""
    return Pace(redis.Redis.from_url(redis_url), database, LONG)


Workers = Callable[[float], tuple[Pace, Pace]]


@pytest.fixture(params=["redis", "sqlite", "postgresql"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """``workers(interval)``: two, with Redis, and on either database while Redis is away."""
    with_redis = request.param == "redis"
    engine = create(request.getfixturevalue("sqlite_url" if with_redis else f"{request.param}_url"), pool_size=50)
    server = request.getfixturevalue("redis_url") if with_redis else NOWHERE

    def two(interval: float) -> tuple[Pace, Pace]:
        one, other = (Pace(redis.Redis.from_url(server), engine, interval) for _ in range(2))
        return one, other

    yield two
    engine.dispose()


def turn(pace: Pace, domain: str = HOST) -> Turn:
    taken = pace.take(domain, LONG)
    assert isinstance(taken, Turn)
    return taken


def turn_when_rested(pace: Pace, domain: str = HOST) -> None:
    """The turn, asked for as often as told to."""
    while not isinstance(wait := pace.take(domain, LONG), Turn):
        assert 0 < wait <= 1.25 * INTERVAL + 0.01
        threading.Event().wait(wait)


def test_a_host_has_one_turn_among_all_workers(workers: Workers) -> None:
    one, two = workers(INTERVAL)
    turn(one)

    assert isinstance(one.take(HOST, 10), float)
    assert isinstance(two.take(HOST, 10), float)
    assert isinstance(two.take("other.example", 10), Turn)


def test_a_host_rests_after_its_turn(workers: Workers) -> None:
    one, two = workers(LONG)
    one.give_back(turn(one))

    for pace in (one, two):
        wait = pace.take(HOST, 10)
        assert isinstance(wait, float) and LONG / 2 < wait <= 1.25 * LONG


def test_a_host_has_rested_after_the_interval(workers: Workers) -> None:
    one, two = workers(INTERVAL)
    held, began = turn(one), time.monotonic()
    one.give_back(held)

    turn_when_rested(two)
    assert time.monotonic() - began >= INTERVAL - 0.005


def test_a_turn_that_nobody_gives_back_ends_by_itself(workers: Workers) -> None:
    one, two = workers(INTERVAL)
    assert isinstance(one.take(HOST, 0.2), Turn)

    turn_when_rested(two)
    assert isinstance(one.take(HOST, 10), float)


def test_a_turn_that_came_too_late_does_not_end_the_next_ones(workers: Workers) -> None:
    one, two = workers(INTERVAL)
    late = one.take(HOST, 0.05)
    assert isinstance(late, Turn)
    turn_when_rested(two)

    one.give_back(late)

    threading.Event().wait(INTERVAL * 1.5)
    assert isinstance(one.take(HOST, 10), float)


def test_of_fifty_at_once_one_has_the_turn(workers: Workers) -> None:
    paces = workers(LONG)
    barrier = threading.Barrier(50)

    def ask(number: int) -> bool:
        barrier.wait()
        return isinstance(paces[number % 2].take(HOST, LONG), Turn)

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(ask, range(50))) == 1


def test_a_turn_made_under_a_clock_that_was_a_day_ahead_counts_as_passed(pace: Pace, redis_url: str) -> None:
    redis.Redis.from_url(redis_url).set(f"reflections:turn:{HOST}", "x", ex=86_400)

    assert isinstance(pace.take(HOST, 10), Turn)


def test_a_row_made_under_a_clock_that_was_a_day_ahead_counts_as_passed(engine: Engine) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with writing(engine) as session:
        session.add(Host(name=HOST, busy_until=tomorrow, turn="x"))

    assert isinstance(Pace(redis.Redis.from_url(NOWHERE), engine, INTERVAL).take(HOST, 10), Turn)


def test_a_flushed_redis_lets_no_second_request_of_this_worker_through(slow: Pace, redis_url: str) -> None:
    held = turn(slow)
    redis.Redis.from_url(redis_url).flushall()
    assert isinstance(slow.take(HOST, 10), float)

    slow.give_back(held)
    redis.Redis.from_url(redis_url).flushall()
    assert isinstance(slow.take(HOST, 10), float)


def test_a_redis_flushed_during_a_turn_knows_the_rest_after_it(slow: Pace, other: Pace, redis_url: str) -> None:
    held = turn(slow)
    redis.Redis.from_url(redis_url).flushall()
    slow.give_back(held)

    assert isinstance(other.take(HOST, 10), float)


def test_a_turn_given_back_where_redis_and_database_are_away_is_no_error() -> None:
    broken = Pace(redis.Redis.from_url(NOWHERE), sqlalchemy.create_engine("sqlite:////nowhere/x.db"), INTERVAL)

    broken.give_back(Turn(HOST, "token"))


def test_without_an_interval_there_are_no_turns() -> None:
    free = no_turns()

    assert all(isinstance(free.take(HOST, 10), Turn) for _ in range(3))


# The same seen from the host that is fetched.


def spans_of_rest(requests: list[Request]) -> list[float]:
    return [late.time - early.time for early, late in itertools.pairwise(requests)]


def until_it_is_not_busy(worker: Fetcher, url: str) -> Fetched:
    while isinstance(found := worker.fetch(parse(url), Limits(seconds=5)), Busy):
        threading.Event().wait(found.seconds)
    return found


def test_a_host_that_fifty_jobs_want_sees_one_connection_at_a_time_and_rests_between(
    web: Web, redis_url: str, database: Engine
) -> None:
    rest, delay = 0.04, 0.02
    workers = [fetcher(pace=Pace(redis.Redis.from_url(redis_url), database, rest)) for _ in range(2)]
    url = web.page("/", "page", delay=delay)

    with ThreadPoolExecutor(50) as threads:
        jobs = [threads.submit(until_it_is_not_busy, workers[number % 2], f"{url}?{number}") for number in range(50)]
    assert all(isinstance(job.result(), Page) for job in jobs)
    requests = web.requests()
    assert {request.concurrent for request in requests} == {1}
    assert min(spans_of_rest(requests)) >= rest + delay - 0.005


def test_hosts_do_not_wait_for_each_other(web: Web, slow: Pace) -> None:
    one, two = web.page("/"), web.page("/", host="127.0.0.3")

    assert isinstance(fetcher(pace=slow).fetch(parse(one)), Page)
    assert isinstance(fetcher(pace=slow).fetch(parse(two)), Page)
    assert isinstance(fetcher(pace=slow).fetch(parse(one)), Busy)


def test_a_redirect_on_the_same_host_waits_its_interval_which_is_none_of_its_seconds(
    web: Web, redis_url: str, database: Engine
) -> None:
    interval, seconds = 2.0, 1.9
    url = web.redirect("/here", "/there")
    web.page("/there", "arrived")
    patient = fetcher(pace=Pace(redis.Redis.from_url(redis_url), database, interval))

    page = patient.fetch(parse(url), Limits(seconds=seconds))

    assert isinstance(page, Page) and page.seconds < seconds
    assert min(spans_of_rest(web.requests())) >= interval - 0.02


def test_while_a_chain_waits_on_its_host_the_turn_stays_its(web: Web, pace: Pace, other: Pace) -> None:
    seen: list[Turn | float] = []
    web.redirect("/here", "/there")
    web.page("/there")
    stop = threading.Event()

    def cut_in() -> None:
        while not stop.wait(0.02):
            taken = other.take("127.0.0.2", 10)
            if not chain.done():
                seen.append(taken)

    with ThreadPoolExecutor(1) as threads:
        fetched = fetcher(pace=pace)
        chain = threads.submit(fetched.fetch, parse(web.url("/here")))
        while not web.requests():
            threading.Event().wait(0.01)
        cutter = threading.Thread(target=cut_in)
        cutter.start()
        assert isinstance(chain.result(), Page)
        stop.set()
        cutter.join()
    assert seen and not any(isinstance(each, Turn) for each in seen)


def test_a_redirect_to_a_host_whose_turn_is_taken_comes_back_later(web: Web, pace: Pace) -> None:
    there = web.page("/there", host="127.0.0.3")
    here = web.redirect("/here", there)
    turn(pace, "127.0.0.3")

    found = fetcher(pace=pace).fetch(parse(here))

    assert isinstance(found, Busy)
    assert (found.host, [hop.url for hop in found.hops]) == ("127.0.0.3", [here]) and found.seconds > 0
    assert web.connections("127.0.0.3") == 0
    turn_when_rested(pace, "127.0.0.2")


def test_a_chain_that_comes_back_to_its_first_host_waits_for_it(web: Web, pace: Pace) -> None:
    back = web.page("/back", "home")
    away = web.redirect("/away", back, host="127.0.0.3")

    page = fetcher(pace=pace).fetch(parse(web.redirect("/", away)))

    assert isinstance(page, Page) and page.body == b"home"
    assert min(spans_of_rest(web.requests("127.0.0.2"))) >= INTERVAL - 0.02


def test_a_host_has_its_rest_after_a_failure_too(web: Web, slow: Pace) -> None:
    url = web.page("/", status=500)

    assert isinstance(fetcher(pace=slow).fetch(parse(url)), Failure)
    assert isinstance(fetcher(pace=slow).fetch(parse(url)), Busy)


def test_a_worker_that_stops_does_not_wait_for_a_host_to_rest(web: Web, database: Engine, redis_url: str) -> None:
    slow = Pace(redis.Redis.from_url(redis_url), database, 15)
    stop = threading.Event()
    web.redirect("/here", "/there")
    web.page("/there")

    with ThreadPoolExecutor(1) as threads:
        chain = threads.submit(fetcher(pace=slow, stop=stop).fetch, parse(web.url("/here")))
        while not web.requests():
            threading.Event().wait(0.01)
        began = time.monotonic()
        stop.set()
        assert code(chain.result()) == "Busy"
    assert time.monotonic() - began < 2


def test_hosts_that_ask_for_endless_patience_do_not_get_it(web: Web, database: Engine, redis_url: str) -> None:
    slow = Pace(redis.Redis.from_url(redis_url), database, 30)
    web.redirect("/here", "/there")

    assert code(fetcher(pace=slow).fetch(parse(web.url("/here")))) == "timeout"
    assert len(web.requests()) == 1
