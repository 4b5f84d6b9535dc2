"""Which part of the record somebody asks for: the query of its pages and of its files, read the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from werkzeug.datastructures import MultiDict

from service.people.moderators import LONGEST_NAME
from service.values import clean
from service.values.reason import Refused
from service.values.state import State

LOOKED = "looked"
"""A look that changed nothing."""

STEPS = (*State, LOOKED)
"""What may be asked for: where a step led."""

_BIGGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter, and a place in the record."""

    by: str = ""
    """Who: a moderator's name, ``rule 7``, ``token``, ``worker``…"""
    site: int | None = None
    item: str = ""
    """An item's id."""
    step: str | None = None
    """One of :data:`STEPS`; without it, all but :data:`LOOKED`."""
    since: date | None = None
    until: date | None = None
    """The first and the last day (UTC)."""
    batch: int | None = None
    """What was done together, each step by itself."""
    after: int | None = None
    """The last event of the page before."""

    @property
    def dated(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def folded(self) -> bool:
        """Whether what was done together is one line."""
        return self.batch is None

    def query(self, **changes: Any) -> dict[str, Any]:
        """The query that asks for it; ``changes`` take the place of its own."""
        own = {name: getattr(self, name) for name in (*PARAMETERS, "after")} | changes
        return {name: str(value) for name, value in own.items() if value}


def read(query: MultiDict[str, str]) -> Asked:
    """What the query asks for; :class:`Refused` where a parameter is repeated or has a value that it can't have."""
    found: dict[str, Any] = {}
    for name, parse in (*PARAMETERS.items(), ("after", _small)):
        given = query.getlist(name)
        if len(given) > 1:
            raise Refused("repeated_parameter", parameter=name)
        if given and given[0]:
            try:
                found[name] = parse(given[0])
            except (ValueError, KeyError):
                raise Refused("invalid_parameter", parameter=name) from None
    return Asked(**found)


def _name(text: str) -> str:
    return clean.line(text, LONGEST_NAME)


def _step(text: str) -> str:
    return str(STEPS[STEPS.index(text)])


def _item(text: str) -> str:
    if not (text.isascii() and len(text) <= 32):
        raise ValueError(text)
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= _BIGGEST):
        raise ValueError(text)
    return int(text)


def _small(text: str) -> int:
    number = _number(text)
    if number >= 2**31:  # PostgreSQL's integer
        raise ValueError(text)
    return number


PARAMETERS: Mapping[str, Callable[[str], Any]] = MappingProxyType({
    "by": _name,
    "site": _small,
    "item": _item,
    "step": _step,
    "since": date.fromisoformat,
    "until": date.fromisoformat,
    "batch": _small,
})  # fmt: skip
"""Each parameter by which the record is narrowed, with what reads it."""
