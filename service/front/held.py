"""Published bytes in memory: what the door gives without asking Flask, and for how long.

A held answer was compared with its post's version when Flask was last asked. It is given from memory for
``FRESH`` seconds; then the first reader who comes asks Flask again while the others are given the held bytes, until
``LATEST`` seconds after the comparison, when all wait for that one answer. So nothing is given more than a second
after it was compared, as long as Flask answers. While Flask fails, or does not answer, what is held is
given on (RFC 5861, ``stale-if-error``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from service.values.held import HeldAnswer

FRESH = 0.5
LATEST = 0.9
STALE_IF_ERROR = 86400.0
"""Seconds for which a held answer stands in for one that fails."""
ROOM = 64 * 1024 * 1024
"""Bytes that are held in all; what was not asked about for longest makes way."""
ENTRY = 4500
"""Bytes that a held answer takes beside its address and its bodies: three forms, their headers, times (measured)."""

LONGEST_CONDITION, LONGEST_ACCEPTED = 4096, 256
"""Characters of an ``If-None-Match`` and an ``Accept-Encoding`` that are read: nobody honest sends more."""

Key = tuple[str, str]
"""A request's path and query, as they came."""
Headers = list[tuple[str, str]]
GZIP, BR = 1, 2
"""What a reader accepts beside the plain bytes, added up."""


@dataclass(frozen=True, slots=True)
class Form:
    """A held answer in one encoding, ready to be given, and its ``304``."""

    headers: Headers
    body: bytes
    tag: str
    unchanged: Headers


class Held:
    """A held answer, made ready once for every reader, and the times that bound its use."""

    __slots__ = ("answer", "compared", "forms", "good_until", "stands_until", "tags")

    def __init__(self, answer: HeldAnswer, compared: float) -> None:
        self.answer = answer
        self.compared = compared
        self.good_until = compared + FRESH
        self.stands_until = compared
        """Until when it is given at once, as Flask failed when it was last asked."""
        plain = _form(answer, answer.body, "")
        gzip = plain if answer.gzip is None else _form(answer, answer.gzip, "gzip")
        br = plain if answer.br is None else _form(answer, answer.br, "br")
        self.forms = (plain, gzip, br, gzip if answer.br is None else br)
        """By what the reader accepts: nothing, gzip, brotli, both."""
        self.tags = frozenset(form.tag for form in self.forms)

    def matches(self, if_none_match: str) -> bool:
        """Whether a reader has it already: the weak comparison of RFC 9110 13.1.2, any encoding's tag."""
        if if_none_match in self.tags:
            return True
        if len(if_none_match) > LONGEST_CONDITION:
            return False
        given = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in given or not self.tags.isdisjoint(given)


_OF_A_BODY = frozenset({"content-type", "content-language", "last-modified"})


def _form(answer: HeldAnswer, body: bytes, coding: str) -> Form:
    tag = f'{answer.etag.removesuffix(chr(34))}-{coding}"' if coding else answer.etag
    headers = [pair for pair in answer.headers if pair[0].lower() != "vary"]
    vary = [value for name, value in answer.headers if name.lower() == "vary"]
    if "Accept-Encoding" not in vary and (answer.gzip is not None or answer.br is not None):
        vary.append("Accept-Encoding")
    if vary:
        headers.append(("vary", ", ".join(vary)))
    headers.append(("etag", tag))
    unchanged = [pair for pair in headers if pair[0].lower() not in _OF_A_BODY]
    return Form([*headers, ("content-encoding", coding)] if coding else headers, body, tag, unchanged)


def encodings(accepted: str) -> int:
    """What an ``Accept-Encoding`` takes beside the plain bytes (RFC 9110 12.5.3): the sum of ``GZIP`` and ``BR``."""
    return _encodings(accepted) if len(accepted) <= LONGEST_ACCEPTED else 0


@lru_cache(maxsize=512)
def _encodings(accepted: str) -> int:
    taken: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        taken[coding.strip()] = not weight or weight.strip("0.") != ""
    anything = taken.get("*", False)
    return GZIP * taken.get("gzip", anything) + BR * taken.get("br", anything)


class Shelf:
    """The held answers of one process, used by its event loop alone, in the order of their last look."""

    def __init__(self, room: int = ROOM) -> None:
        self.entries: dict[Key, Held] = {}
        self._room = room
        self._used = 0

    def keep(self, key: Key, answer: HeldAnswer, compared: float) -> Held:
        """Hold an answer that was compared at ``compared``, unless a later look has brought a newer one."""
        known = self.entries.get(key)
        if known is not None and known.compared > compared:
            return known
        self.drop(key)
        held = Held(answer, compared)
        size = _size(key, held)
        if size > self._room:
            return held
        self.entries[key] = held
        self._used += size
        while self._used > self._room:
            self.drop(next(iter(self.entries)))
        return held

    def drop(self, key: Key) -> None:
        """Hold it no longer."""
        held = self.entries.pop(key, None)
        if held is not None:
            self._used -= _size(key, held)


def _size(key: Key, held: Held) -> int:
    """The bytes that an entry takes in memory, nearly."""
    path, query = key
    return ENTRY + len(path) + len(query) + held.answer.size
