"""What a site's rules say of a new item."""

from __future__ import annotations

import pytest

from service.decide.rules import Advice, HostRule, advise
from service.values.state import State

FRIEND = HostRule(1, "friend.example", "approve")
SPAMMER = HostRule(2, "spam.example", "spam")
REFUSED = HostRule(3, "refused.example", "refuse")
RULES = [FRIEND, SPAMMER, REFUSED]


@pytest.mark.parametrize(
    ("way", "advice"),
    [
        ({"stranger.example"}, None),
        (set(), None),
        ({"friend.example"}, Advice(State.APPROVED, 1)),
        ({"spam.example"}, Advice(State.SPAM, 2)),
        ({"refused.example"}, Advice(State.SPAM, 3)),
        ({"friend.example", "spam.example"}, Advice(State.SPAM, 2)),
        ({"stranger.example", "refused.example"}, Advice(State.SPAM, 3)),
        ({"friend.example", "stranger.example"}, None),
    ],
)
def test_one_bad_host_on_the_way_is_enough_and_all_must_be_welcome(way: set[str], advice: Advice | None) -> None:
    assert advise(RULES, way) == advice
    assert advise(reversed(RULES), way) == advice


def test_without_rules_a_person_decides() -> None:
    assert advise([], {"friend.example"}) is None


def test_a_verdict_of_another_release_says_nothing() -> None:
    assert advise([HostRule(1, "friend.example", "applaud")], {"friend.example"}) is None
