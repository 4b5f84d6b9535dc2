"""The least that every form of a link must hold: what lets a page be passed over without looking at its tags.

A link resolves to the target from what is written in it and from what it is resolved against. So of the target's
path or query the last part that is not empty is written in one of the two; and where the target is a host's front
page, at least its host is, unless source and target share it or a ``<base>`` could name it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from service.values.address import Address
from workers.reading.references import in_attribute

_BASE = re.compile(r"<base[\t\n\f\r />]", re.IGNORECASE | re.ASCII)
# What a decoding could have made or unmade: a part that holds it proves nothing.
_DOUBTFUL = re.compile("[%\ufffd\\x00-\\x20\\x7f]")


@dataclass(frozen=True, slots=True)
class Trace:
    """What to look for, case folded: any one of ``parts``; none where nothing is left to look for."""

    parts: tuple[str, ...]

    def in_markup(self, markup: str) -> bool:
        """Whether the markup may hold such a reference."""
        return self.in_reference(in_attribute(markup))

    def in_reference(self, reference: str) -> bool:
        """Whether a reference, its character references decoded, may lead to a target; ``False``: it cannot."""
        if not self.parts:
            return True
        reference = reference.replace("\t", "").replace("\n", "").replace("\r", "").casefold()
        if any(part in reference for part in self.parts):
            return True
        if "%" not in reference:
            return False
        reference = unquote(reference).casefold()
        return any(part in reference for part in self.parts)


def has_base(markup: str) -> bool:
    """Whether a ``<base>`` may be on the page."""
    return _BASE.search(markup) is not None


def trace(targets: Sequence[Address], base: Address) -> Trace:
    """What a reference must hold to lead to one of the targets, when it is resolved against ``base``."""
    parts = []
    for target in targets:
        part = _written(target) if target.request_target.strip("/?&") else _host(target, base)
        if part is None or _DOUBTFUL.search(part) or part in unquote(base.page).casefold():
            return Trace(())
        parts.append(part)
    return Trace(tuple(dict.fromkeys(parts)))


def absent(markup: str, final: Address, targets: Sequence[Address]) -> bool:
    """Whether the page at ``final`` cannot hold a link to any of the targets. ``False`` says nothing."""
    if has_base(markup) and not all(target.request_target.strip("/?&") for target in targets):
        return False
    least = trace(targets, final)
    return bool(least.parts) and not least.in_markup(markup)


def _written(target: Address) -> str:
    return unquote([part for part in re.split(r"[/?&]", target.request_target) if part][-1]).casefold()


def _host(target: Address, base: Address) -> str | None:
    """The longest label: dots have several forms, and what is in punycode may be written in letters."""
    label = max(target.host.split("."), key=len)
    return None if target.host == base.host or label.startswith(("xn--", "[")) else label
