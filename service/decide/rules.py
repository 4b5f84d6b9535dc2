"""What a site's rules say of a new item, before a person looks at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from service.values.state import State

VERDICTS = {"approve": State.APPROVED, "spam": State.SPAM, "refuse": State.SPAM}
"""Where a verdict puts a verified item. What is refused never comes past the door by its own address; it may by
another's that leads to it."""


@dataclass(frozen=True, slots=True)
class HostRule:
    """A rule about a source's host (its registrable domain)."""

    id: int
    host: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Where a rule would put an item."""

    to: State
    rule: int


def advise(rules: Iterable[HostRule], way: Collection[str]) -> Advice | None:
    """What the rules say of an item; ``None`` leaves it to a person.

    ``way`` are the hosts from the source's own to that of the page at the end of its redirects: one of them is enough
    to be spam, and all must be welcome, since anybody may redirect to whom he likes.
    """
    matching = [rule for rule in rules if rule.host in way and rule.verdict in VERDICTS]
    for rule in matching:
        if VERDICTS[rule.verdict] is State.SPAM:
            return Advice(State.SPAM, rule.id)
    if matching and {rule.host for rule in matching}.issuperset(way):
        return Advice(State.APPROVED, matching[0].id)
    return None
