"""When what is up is looked at again by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.decide.schedule import LONGEST_POST_REST, LONGEST_REST, SPREAD, next_look, next_post_look

APPROVED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def ages(chance: float, looks: int) -> list[float]:
    """The ages, in days, at which an item is looked at, each look made when it is due."""
    found, now = list[float](), APPROVED
    for _ in range(looks):
        now = next_look(APPROVED, now, chance)
        found.append((now - APPROVED) / timedelta(days=1))
    return found


def test_a_day_a_week_a_month_and_then_every_three_months() -> None:
    assert ages(0.0, 7) == [1, 7, 30, 121, 212, 303, 394]


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.5, 1.0])
def test_a_look_that_is_spread_is_late_by_a_tenth_of_its_span_at_most_and_is_made_once(chance: float) -> None:
    spans = [1, 6, 23, 91, 91, 91]
    assert ages(chance, 6) == pytest.approx(
        [age + span * SPREAD * chance for age, span in zip(ages(0.0, 6), spans, strict=True)]
    )


def test_items_that_were_approved_at_once_are_not_looked_at_at_once() -> None:
    assert len({next_look(APPROVED, APPROVED, chance / 100) for chance in range(100)}) == 100


def test_a_look_that_somebody_asked_for_in_between_moves_nothing() -> None:
    assert next_look(APPROVED, APPROVED + timedelta(hours=5), 0.5) == next_look(APPROVED, APPROVED, 0.5)


def test_looks_that_were_missed_for_years_are_not_made_up_for() -> None:
    now = APPROVED + timedelta(days=4000)
    assert now < next_look(APPROVED, now, 0.5) <= now + LONGEST_REST


def test_an_approval_by_a_clock_that_was_ahead_is_looked_at_within_the_longest_span() -> None:
    assert next_look(APPROVED + timedelta(days=4000), APPROVED, 1.0) <= APPROVED + LONGEST_REST


@pytest.mark.parametrize("days", range(0, 500, 7))
def test_no_span_is_longer_than_the_longest(days: int) -> None:
    now = APPROVED + timedelta(days=days)
    assert timedelta() < next_look(APPROVED, now, 1.0) - now < LONGEST_REST
    assert timedelta(weeks=1) <= next_post_look(now, 0.0) - now < next_post_look(now, 1.0) - now < LONGEST_POST_REST
