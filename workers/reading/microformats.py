"""Questions to microformats2 JSON, from a page or from anybody: what has the wrong type is not there.

https://microformats.org/wiki/microformats2-parsing and, for JSON sources, https://jf2.spec.indieweb.org/
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.values.address import Address

Item = Mapping[str, Any]

MOST_ITEMS = 1_000
"""Items of one page that are looked at."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and the one that it stands in."""

    item: Item
    within: Item | None


def items(parsed: Any) -> list[Placed]:
    """Every item of a page, outer ones before what stands in them."""
    tops = parsed.get("items") if isinstance(parsed, Mapping) else None
    awaiting = deque(Placed(item, None) for item in _list(tops) if _is_item(item))
    found: list[Placed] = []
    while awaiting and len(found) < MOST_ITEMS:
        placed = awaiting.popleft()
        found.append(placed)
        inner = [*_list(placed.item.get("children"))]
        for several in properties(placed.item).values():
            inner.extend(_list(several))
        awaiting.extend(Placed(item, placed.item) for item in inner if _is_item(item))
    return found


def properties(item: Item) -> Mapping[str, Any]:
    given = item.get("properties")
    return given if isinstance(given, Mapping) else {}


def values(item: Item, name: str) -> list[Any]:
    return _list(properties(item).get(name))


def is_a(item: Item, *types: str) -> bool:
    return any(kind in types for kind in _list(item.get("type")) if isinstance(kind, str))


def words(item: Item, name: str) -> str:
    """The first value that is words."""
    return next((text for value in values(item, name) if (text := _words(value).strip())), "")


def markup(item: Item, name: str) -> str:
    """The first value's HTML, if it has any."""
    for value in values(item, name):
        if isinstance(value, Mapping) and isinstance(value.get("html"), str):
            return str(value["html"])
    return ""


def addresses(item: Item, name: str, base: Address) -> Iterator[Address]:
    """The addresses that a property names: its own words, a picture's, or those of an item in it."""
    for value in values(item, name):
        for text in (_words(value), *_inner_urls(value)):
            there = base.join(text) if text.strip() else None
            if there is not None:
                yield there


def address(item: Item, name: str, base: Address) -> Address | None:
    return next(addresses(item, name, base), None)


def several(item: Item, name: str) -> list[str]:
    """All values that are words, each once, in their order."""
    return list(dict.fromkeys(text for value in values(item, name) if (text := _words(value).strip())))


def rels(parsed: Any, name: str) -> list[str]:
    """The addresses that the page has this relation to."""
    given = parsed.get("rels") if isinstance(parsed, Mapping) else None
    named = given.get(name) if isinstance(given, Mapping) else None
    return [one for one in _list(named) if isinstance(one, str)]


def from_jf2(data: Mapping[str, Any], depth: int = 3) -> Item:
    """A jf2 object in the shape of microformats2 JSON, as far as an entry and its author go."""
    kind = data.get("type")
    given: dict[str, list[Any]] = {}
    for name, value in data.items():
        if name == "content" and isinstance(value, Mapping):
            given[name] = [{"html": value.get("html"), "value": value.get("text", value.get("value"))}]
        elif name not in ("type", "children"):
            several = value if isinstance(value, list) else [value]
            given[name] = [
                from_jf2(one, depth - 1) if isinstance(one, Mapping) and "type" in one and depth else one
                for one in several
            ]
    return {"type": [f"h-{kind}"] if isinstance(kind, str) else [], "properties": given}


def _is_item(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("type"), list) and "properties" in value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("value")
    return value if isinstance(value, str) else ""


def _inner_urls(value: Any) -> list[str]:
    if not _is_item(value):
        return []
    return [text for inner in ("url", "uid") for one in values(value, inner) if (text := _words(one))]
