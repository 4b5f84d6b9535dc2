"""Who may send how much: counted together in Redis, in memory while it is away, and never the cause of an error."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
import redis

from config.settings import Rate
from service.limits import LONGEST_DELAY, Limits, Try, Turn, network
from tests.support.waiting import until

MINUTE = 60


@pytest.fixture
def nowhere(tmp_path: Path) -> str:
    """The address of a Redis that is not there."""
    return f"unix://{tmp_path / 'nobody.sock'}"


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a Redis that takes every connection and never says a word."""
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "silent.sock"))
        listening.listen(100)
        listening.setblocking(False)
        yield listening


def refuse(limits: Limits, address: str) -> int | None:
    """Seconds after which this client may try again; ``None`` where it may go on."""
    (turn,) = limits.count([Try(address, "elsewhere.example")])
    return turn.retry_after


def delay(limits: Limits, domain: str) -> float:
    """Seconds that the next claim of this domain waits."""
    (turn,) = limits.count([Try("192.0.2.9", domain)])
    return turn.delay


def knocks(listening: socket.socket) -> int:
    """How many have connected since it was last asked."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


def test_what_is_within_the_limit_goes_on_and_what_is_past_it_is_told_when(redis_url: str) -> None:
    limits = Limits(redis_url, {"address": Rate(3, MINUTE)})
    assert [refuse(limits, "192.0.2.1") for _ in range(3)] == [None, None, None]
    assert 0 < (refuse(limits, "192.0.2.1") or 0) <= MINUTE
    assert refuse(limits, "192.0.2.2") is None, "another address has its own"


def test_all_together_have_a_limit_too_and_who_is_past_his_own_does_not_use_it_up(redis_url: str) -> None:
    limits = Limits(redis_url, {"address": Rate(2, MINUTE), "total": Rate(4, 3600)})
    told = [refuse(limits, "192.0.2.1") for _ in range(10)]
    assert [wait is None for wait in told] == [True, True] + [False] * 8
    assert [refuse(limits, f"192.0.2.{n}") is None for n in (2, 3, 4)] == [True, True, False]
    assert MINUTE < (refuse(limits, "192.0.2.5") or 0) <= 3600


def test_nothing_is_counted_where_there_is_no_limit(nowhere: str) -> None:
    limits = Limits(nowhere, {})
    began = time.monotonic()
    assert {refuse(limits, "192.0.2.1") for _ in range(1000)} == {None}
    assert {delay(limits, "a.example") for _ in range(1000)} == {0.0}
    assert time.monotonic() - began < 10


def test_a_domain_past_its_limit_waits_one_span_longer_for_each_further_lot(redis_url: str) -> None:
    limits = Limits(redis_url, {"domain": Rate(2, MINUTE)})
    assert [delay(limits, "a.example") for _ in range(7)] == [0, 0, 60, 60, 120, 120, 180]
    assert delay(limits, "b.example") == 0


def test_no_domain_waits_longer_than_an_hour(redis_url: str) -> None:
    limits = Limits(redis_url, {"domain": Rate(1, 1000)})
    assert [delay(limits, "a.example") for _ in range(6)][-2:] == [LONGEST_DELAY, LONGEST_DELAY]


def test_a_limit_of_none_lets_nobody_in_and_breaks_nothing(redis_url: str) -> None:
    assert (refuse(Limits(redis_url, {"address": Rate(0, MINUTE)}), "192.0.2.1") or 0) > 0
    assert delay(Limits(redis_url, {"domain": Rate(0, MINUTE)}), "a.example") >= 0


def test_several_processes_count_together(redis_url: str) -> None:
    one, other = (Limits(redis_url, {"address": Rate(3, MINUTE)}) for _ in range(2))
    told = [refuse(which, "192.0.2.1") is None for which in (one, other, one, other, one)]
    assert told == [True, True, True, False, False]


@pytest.mark.parametrize("away", [False, True])
def test_of_a_lot_that_is_counted_in_one_go_each_has_its_own_turn(redis_url: str, nowhere: str, away: bool) -> None:
    rates = {"address": Rate(3, MINUTE), "total": Rate(4, 3600), "domain": Rate(2, MINUTE)}
    limits = Limits(nowhere if away else redis_url, rates)
    lot = [Try("192.0.2.1", "a.example")] * 4 + [Try("192.0.2.2", "b.example"), Try("192.0.2.3", "c.example")]
    _, now, late, refused, other, too_many = limits.count(lot)
    assert now == Turn() and late == Turn(delay=MINUTE), "the first two of a domain, and the third"
    assert 0 < (refused.retry_after or 0) <= MINUTE, "the fourth of an address"
    assert other == Turn(), "it has not used up what all have together"
    assert MINUTE < (too_many.retry_after or 0) <= 3600


def test_who_is_refused_delays_no_domain(redis_url: str) -> None:
    limits = Limits(redis_url, {"address": Rate(1, MINUTE), "domain": Rate(2, MINUTE)})
    limits.count([Try("192.0.2.1", "a.example")] * 10)
    assert limits.count([Try("192.0.2.2", "a.example")]) == [Turn()]


def test_redis_is_asked_one_question_however_many_ask(redis_url: str) -> None:
    limits = Limits(redis_url, {name: Rate(1000, MINUTE) for name in ("address", "domain", "total")})
    limits.count([Try("192.0.2.1", "a.example")])
    asked = redis.Redis.from_url(redis_url).info("commandstats")["cmdstat_evalsha"]["calls"]
    limits.count([Try(f"192.0.2.{n}", f"{n}.example") for n in range(200)])
    assert redis.Redis.from_url(redis_url).info("commandstats")["cmdstat_evalsha"]["calls"] == asked + 1


def test_nothing_is_kept_of_who_came_longer_ago_than_a_span(redis_url: str) -> None:
    limits = Limits(redis_url, {name: Rate(5, 1) for name in ("address", "domain", "total")})
    limits.count([Try(f"192.0.2.{n % 9}", f"{n}.example") for n in range(200)])
    there = redis.Redis.from_url(redis_url)
    assert max(there.llen(key) for key in there.keys("*:address:*")) <= 5
    until(lambda: not there.keys("reflections:limit*"), 10, "something is kept")


def test_of_many_at_once_just_so_many_go_on(redis_url: str) -> None:
    limits = Limits(redis_url, {"address": Rate(20, MINUTE)})
    with ThreadPoolExecutor(16) as many:
        told = list(many.map(lambda _: refuse(limits, "192.0.2.1"), range(60)))
    assert told.count(None) == 20


def test_the_span_moves_and_does_not_begin_anew_at_the_full_minute(redis_url: str) -> None:
    limits = Limits(redis_url, {"address": Rate(2, 1)})
    end = time.monotonic() + 2.2
    taken: list[tuple[float, float]] = []
    while (asked := time.monotonic()) < end:
        if refuse(limits, "192.0.2.1") is None:
            taken.append((asked, time.monotonic()))
    spans = [answered - asked for (asked, _), (_, answered) in zip(taken, taken[2:], strict=False)]
    assert spans and min(spans) > 0.9, "never three within a second, wherever it begins"


def test_without_redis_this_process_counts_by_itself(nowhere: str) -> None:
    limits = Limits(nowhere, {"address": Rate(2, MINUTE), "domain": Rate(1, MINUTE)})
    assert [refuse(limits, "192.0.2.1") is None for _ in range(3)] == [True, True, False]
    assert [delay(limits, "a.example") for _ in range(2)] == [0, 60]


def test_a_redis_that_hangs_costs_a_second_once(silent: socket.socket) -> None:
    limits = Limits(
        f"unix://{silent.getsockname()}",
        {"address": Rate(2, MINUTE), "total": Rate(9, MINUTE), "domain": Rate(1, MINUTE)},
    )
    began = time.monotonic()
    assert refuse(limits, "192.0.2.1") is None
    assert delay(limits, "a.example") == 0
    assert time.monotonic() - began < 5
    assert knocks(silent) > 0
    assert [refuse(limits, "192.0.2.1") is None for _ in range(3)] == [True, False, False]
    assert knocks(silent) == 0, "it is left alone for a while"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
        ("a socket", "192.0.2.1", False),
    ],
)
def test_a_client_is_an_address_or_what_one_customer_has_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
