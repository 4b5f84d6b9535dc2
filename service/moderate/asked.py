"""Which items somebody asks for: the query of the dashboard and of the API, read the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from service.moderate.whys import WHYS
from service.values import clean
from service.values.reason import Refused
from service.values.state import Kind, Relation, State

LONGEST_SEARCH = 200
LONGEST_ADDRESS = 2000
_BIGGEST = 2**63 - 1

WAITING, EVERYTHING = "waiting", "all"
"""What ``state`` may say beside the states' names."""

COMMENT = "comment"
TYPES = (COMMENT, *Relation)
"""What an item is to its post."""

Read = TypeVar("Read")


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    SPAM = "likely"
    """What triage holds for spam most."""
    GOOD = "unlikely"
    """What it holds for spam least."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter and a place in the list."""

    state: State | None = None
    waiting: bool = False
    site: int | None = None
    words: str = ""
    after: int | None = None
    """The last item of the page before."""
    author: str = ""
    """Words of an author's name or address."""
    host: str = ""
    """A source's host, or an address on it."""
    post: str = ""
    """A post's id or address, or words of its title and address."""
    kind: Kind | None = None
    type: str | None = None
    """One of :data:`TYPES`."""
    since: date | None = None
    until: date | None = None
    """The first and the last day (UTC) on which it came; where they are given, the list is in the order of arrival."""
    rule: int | None = None
    """The rule by which it is where it is."""
    why: str | None = None
    """A reason of :data:`service.moderate.whys.WHYS` that concerns it."""
    sort: Sort = Sort.NEWEST

    @property
    def dated(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def narrowed(self) -> bool:
        """Whether anything but a state is asked for."""
        return bool(self._query())

    def query(self, **changes: Any) -> dict[str, Any]:
        """The query that asks for it, so that it can be kept as an address; ``changes`` take the place of its own."""
        state = WAITING if self.waiting else self.state or EVERYTHING
        sort = self.sort if self.sort is not Sort.NEWEST else None
        own: dict[str, Any] = {"state": state, **self._query(), "why": self.why, "sort": sort, "after": self.after}
        own |= changes
        return {name: str(value) for name, value in own.items() if value}

    def _query(self) -> dict[str, Any]:
        own = {name: getattr(self, attribute) for name, (attribute, _) in _FILTERS.items()}
        return {name: value for name, value in own.items() if value}


def read(query: MultiDict[str, str]) -> Asked:
    """What the query asks for; :class:`Refused` where a parameter is repeated or has a value that it can't have."""
    state = _one(query, "state", _state)
    return Asked(
        state=state if isinstance(state, State) else None,
        waiting=state == WAITING or _one(query, "waiting", {"true": True, "false": False}.__getitem__) or False,
        why=_one(query, "why", _reason),
        sort=_one(query, "sort", Sort) or Sort.NEWEST,
        after=_one(query, "after", _number),
        **{attribute: found for name, (attribute, parse) in _FILTERS.items() if (found := _one(query, name, parse))},
    )


def number(query: MultiDict[str, str], name: str) -> int | None:
    """A further parameter of one page, a number."""
    return _one(query, name, _number)


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


def _state(text: str) -> State | str:
    return text if text in (WAITING, EVERYTHING) else State(text)


def _reason(name: str) -> str:
    return name if WHYS[name] else ""


def _type(text: str) -> str:
    return str(TYPES[TYPES.index(text)])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= _BIGGEST):
        raise ValueError(text)
    return int(text)


def _words(text: str) -> str:
    return clean.line(text, LONGEST_SEARCH)


def _address(text: str) -> str:
    return clean.line(text, LONGEST_ADDRESS)


_FILTERS: Mapping[str, tuple[str, Callable[[str], Any]]] = MappingProxyType({
    "q": ("words", _words),
    "author": ("author", _words),
    "host": ("host", _words),
    "post": ("post", _address),
    "type": ("type", _type),
    "kind": ("kind", Kind),
    "since": ("since", date.fromisoformat),
    "until": ("until", date.fromisoformat),
    "site": ("site", _number),
    "rule": ("rule", _number),
})  # fmt: skip
"""Each parameter by which the list is narrowed: the field that holds it, and what reads it."""
