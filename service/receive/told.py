"""What a sender is told of his claim: one word and one sentence, which say no more of a decision than is public.

Why a source could not be read is told to nobody but its moderators: else anyone could ask us what answers inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.values.reason import REASONS
from service.values.state import State


@dataclass(frozen=True, slots=True)
class Told:
    """Two messages of ``service.languages``."""

    title: str
    summary: str


WORDS: Mapping[str, Told] = MappingProxyType({
    "received": Told("Received", "The source is looked at in a moment."),
    "accepted": Told("Accepted", "The source links to the target; a person decides whether it is shown."),
    "published": Told("Published", "The mention is shown with its target."),
    "no_link": Told("No link found", "The source does not link to the target."),
    "no_target": Told("No such page", "The page that is linked to does not exist."),
    "unfetchable": Told("Not readable", "The source could not be fetched or read."),
    "gone": Told("Gone", "The source is gone, or no longer links to the target."),
})  # fmt: skip
"""The words of the status resource."""

_BY_STATE: Mapping[State, str] = MappingProxyType({
    State.RECEIVED: "received",
    State.PENDING: "accepted",
    State.REJECTED: "accepted",
    State.SPAM: "accepted",
    State.APPROVED: "published",
    State.GONE: "gone",
})  # fmt: skip


def word(state: State, reason: str | None) -> str:
    """The word for an item in this state; ``reason`` is the code of why it failed."""
    return _BY_STATE[state] if state in _BY_STATE else failure(reason)


def failure(reason: str | None) -> str:
    """The word for a failure."""
    meaning = REASONS.get(reason or "")
    return meaning.status if meaning else "unfetchable"
