"""Which items somebody asks for: the query of the dashboard and of the API, read the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from service.values import clean
from service.values.reason import Refused
from service.values.state import State

LONGEST_SEARCH = 200
_BIGGEST = 2**63 - 1

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter and a place in the list."""

    state: State | None = None
    waiting: bool = False
    site: int | None = None
    words: str = ""
    after: int | None = None
    """The last item of the page before."""


def read(query: MultiDict[str, str]) -> Asked:
    """What the query asks for; :class:`Refused` where a parameter is repeated or has a value that it can't have."""
    return Asked(
        state=_one(query, "state", State),
        waiting=_one(query, "waiting", {"true": True, "false": False}.__getitem__) or False,
        site=_one(query, "site", _number),
        words=clean.line(query.get("q", ""), LONGEST_SEARCH),
        after=_one(query, "after", _number),
    )


def _one(query: MultiDict[str, str], name: str, parse: Callable[[str], Read]) -> Read | None:
    given = query.getlist(name)
    if len(given) > 1:
        raise Refused("repeated_parameter", parameter=name)
    if not given or not given[0]:
        return None
    try:
        return parse(given[0])
    except (ValueError, KeyError):
        raise Refused("invalid_parameter", parameter=name) from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= _BIGGEST):
        raise ValueError(text)
    return int(text)
