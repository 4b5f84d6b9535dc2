"""Why not, as one sentence in the reader's language. The key is ``reason.`` and the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.languages.catalogue import DEFAULT, catalogue, resolve
from service.values.reason import Reason

KEY = "reason."


class _Details(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def sentence(reason: Reason, locale: str = DEFAULT) -> str:
    """One sentence that says what was wrong, its details named: ``The source answered with status 403.``"""
    key = KEY + reason.code
    said = catalogue(resolve(locale)).say(key) or catalogue(DEFAULT).say(key)
    if said is None:
        raise LookupError(f"no sentence for {reason.code}")
    return said % _details(reason.details)


def _details(details: Mapping[str, Any]) -> _Details:
    return _Details({name: _one_line(value) for name, value in details.items()})


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())[:200]
