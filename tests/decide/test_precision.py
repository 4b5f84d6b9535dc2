"""What the past says of how often somebody is right, and how little it says where it is short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.precision import Past


@pytest.mark.parametrize(
    ("of", "right", "low", "high"),
    [
        (10, 10, 0.722, 1.0),
        (10, 0, 0.0, 0.278),
        (100, 95, 0.888, 0.978),
        (1000, 990, 0.982, 0.995),
    ],
)
def test_the_interval_is_wilsons(of: int, right: int, low: float, high: float) -> None:
    """Beside the figures that R's ``binom.confint(…, methods = "wilson")`` gives."""
    assert Past(of, right).between == pytest.approx((low, high), abs=0.001)


def test_of_nothing_nothing_is_known() -> None:
    assert (Past().share, Past().between) == (0.0, (0.0, 1.0))


@given(st.integers(1, 10_000), st.data())
def test_the_interval_holds_the_share_and_ends_at_all_and_nothing(of: int, data: st.DataObject) -> None:
    past = Past(of, data.draw(st.integers(0, of)))
    low, high = past.between
    assert 0 <= low <= past.share + 1e-9
    assert past.share - 1e-9 <= high <= 1
