"""What a reader asks for: the query of a public read → address, view, choices; or why not."""

from __future__ import annotations

from flask import request

from service.publish.view import LARGEST, LAST_PAGE, SIZE, Order, View
from service.values.address import Address, BadAddress, parse
from service.values.reason import Refused

KNOWN = frozenset({"url", "page", "size", "order", "under", "skip", "theme"})
"""Parameters that change an answer. What comes with others is answered, but not held: they would be endless."""


def read(url: str) -> Address:
    """The address; :class:`Refused` where it is none that we take."""
    try:
        return parse(url)
    except BadAddress as bad:
        raise Refused(bad.code) from None


def url() -> str:
    """The one ``url`` of the request."""
    given = _once("url")
    if not given:
        raise Refused("missing_parameter", parameter="url")
    return given


def view() -> View:
    """The view that the request asks for."""
    return View(
        page=_number("page", 1, 1, LAST_PAGE),
        size=_number("size", SIZE, 1, LARGEST),
        order=_order(),
        under=_uid(),
        skip=_number("skip", 0, 0, LAST_PAGE),
    )


def choice(name: str, default: str, *others: str) -> str:
    """One of a few words."""
    given = _once(name) or default
    if given != default and given not in others:
        raise Refused("invalid_parameter", parameter=name)
    return given


def holdable() -> bool:
    """Whether the door may keep the answer: everything in the query changes it."""
    return KNOWN.issuperset(request.args)


def _order() -> Order:
    return "newest" if choice("order", "oldest", "newest") == "newest" else "oldest"


def _uid() -> str | None:
    given = _once("under")
    if given is not None and not (0 < len(given) <= 32 and given.isascii()):
        raise Refused("invalid_parameter", parameter="under")
    return given


def _number(name: str, default: int, least: int, most: int) -> int:
    given = _once(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and least <= int(given) <= most):
        raise Refused("invalid_parameter", parameter=name)
    return int(given)


def _once(name: str) -> str | None:
    given = request.args.getlist(name)
    if len(given) > 1:
        raise Refused("repeated_parameter", parameter=name)
    return given[0] if given else None
