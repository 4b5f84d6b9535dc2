"""What a look at a post of ours says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.decide.look import Sight, sight
from service.values.address import parse
from service.values.page import Failure, Page
from service.values.reason import REASONS, Reason

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POST = parse("https://blog.example/post")


def after(reason: str, attempts: int = 0) -> Sight:
    return sight(attempts, Failure(Reason(reason), POST), NOW, chance=0.5)


def test_a_page_is_there() -> None:
    assert sight(0, Page(POST, POST, {}, b""), NOW, 0.5) == Sight(True)


def test_something_that_is_no_page_is_there_too() -> None:
    assert after("unsupported_type") == Sight(True)


@pytest.mark.parametrize("reason", ["not_found", "gone"])
def test_only_a_server_that_says_so_has_it_not(reason: str) -> None:
    assert after(reason) == Sight(False)


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"not_found", "gone", "unsupported_type"}))
def test_nothing_else_proves_anything(reason: str) -> None:
    assert all(after(reason, attempts).exists is None for attempts in range(6))


def test_what_may_pass_is_looked_at_again_and_then_left() -> None:
    assert after("timeout").due == NOW + timedelta(minutes=1)
    assert after("timeout", attempts=3).due == NOW + timedelta(hours=6)
    assert after("timeout", attempts=4).due is None
    assert after("certificate").due is None


def test_a_post_is_looked_at_weekly_while_it_draws_items() -> None:
    page = Page(POST, POST, {}, b"")
    for drawn in (NOW, NOW - timedelta(days=29)):
        due = sight(0, page, NOW, 0.5, drawn).due
        assert due is not None and timedelta(days=7) <= due - NOW < timedelta(days=8)
    assert sight(0, page, NOW, 0.5, NOW - timedelta(days=31)).due is None
    assert sight(0, page, NOW, 0.5).due is None


def test_a_post_that_is_not_there_is_left_alone_until_somebody_names_it() -> None:
    assert sight(0, Failure(Reason("gone"), POST), NOW, 0.5, NOW).due is None


def test_a_look_in_vain_is_tried_again_soon_and_given_up_for_a_week() -> None:
    away = Failure(Reason("timeout"), POST)
    assert sight(0, away, NOW, 0.5, NOW) == Sight(None, NOW + timedelta(minutes=1), 1)
    given_up = sight(4, away, NOW, 0.5, NOW)
    assert given_up.attempts == 0 and given_up.due is not None and given_up.due > NOW + timedelta(days=6)
