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
