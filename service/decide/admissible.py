"""Whether a rule may be: its kind, its verdict and its value in the form in which they are kept, or why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from service.decide import words
from service.decide.rules import EVERYTHING, KNOWN, VERDICTS
from service.values import clean
from service.values.address import (
    DEEPEST_PREFIX,
    LONGEST,
    Address,
    BadAddress,
    parse,
    prefix_key,
    registrable,
)
from service.values.state import Kind, Relation

MOST_LINKS = 9_999
MOST_LANGUAGES = 10

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that may be, before it stands."""

    kind: str
    value: str
    verdict: str


class BadRule(ValueError):
    """A rule that may not be; ``code`` says why, ``details`` what its sentence names."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def draft(kind: str, value: str, verdict: str) -> Draft:
    """The rule in its normal form. Raises :class:`BadRule`."""
    if kind not in VERDICTS:
        raise BadRule("kind")
    if verdict not in VERDICTS[kind]:
        raise BadRule("verdict")
    if len(value) > LONGEST:
        raise BadRule("too_long", most=LONGEST)
    return Draft(kind, _VALUES[kind](clean.line(value, LONGEST)), verdict)


def _host(value: str) -> str:
    """A registrable domain, in lower case and punycode."""
    host = _address(value).host.removeprefix("www.")
    if (domain := registrable(host)) != host:
        raise BadRule("wider", domain=domain, host=host)
    return domain


def _beneath(value: str) -> str:
    """An address without its scheme and with a slash at its end, as sites' prefixes are kept."""
    address = _address(value)
    if address.query is not None or address.fragment is not None:
        raise BadRule("no_query")
    if address.path.rstrip("/").count("/") > DEEPEST_PREFIX:
        raise BadRule("too_deep", most=DEEPEST_PREFIX)
    return prefix_key(address)


def _address(value: str) -> Address:
    if not value:
        raise BadRule("empty")
    try:
        return parse(value if _SCHEME.match(value) else f"https://{value}")
    except BadAddress:
        raise BadRule("address") from None


def _phrase(value: str) -> str:
    """A word or a phrase: at most one ``*``, at its end."""
    if len(value) > words.LONGEST:
        raise BadRule("too_long", most=words.LONGEST)
    if "*" in value[:-1]:
        raise BadRule("star")
    if not words.folded(value).strip():
        raise BadRule("no_letter" if value else "empty")
    return value


def _number(value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(MOST_LINKS)) and int(value)):
        raise BadRule("number", most=MOST_LINKS)
    return str(int(value))


def _language(value: str) -> str:
    tag = value.lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise BadRule("language")
    return tag


def _languages(value: str) -> str:
    tags = dict.fromkeys(_language(tag) for tag in re.split(r"[\s,;]+", value) if tag)
    if not 0 < len(tags) <= MOST_LANGUAGES:
        raise BadRule("language")
    return ", ".join(tags)


def _one_of(*names: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in names:
            raise BadRule("kind")
        return value

    return read


KINDS = tuple(kind.value for kind in Kind)
TYPES = (*(relation.value for relation in Relation), "comment")

_VALUES: Mapping[str, Callable[[str], str]] = MappingProxyType({
    "host": _host,
    "author": _beneath,
    "address": _beneath,
    "words": _phrase,
    "links": _number,
    "language": _language,
    "foreign": _languages,
    "hidden": lambda _value: "",
    "kind": _one_of(*KINDS),
    "type": _one_of(*TYPES),
    "self": lambda _value: "",
    "default": _one_of(EVERYTHING, KNOWN),
})  # fmt: skip
