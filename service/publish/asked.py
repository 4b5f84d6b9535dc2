"""What a reader asks for: the query of a public read → site, post, view; or why not."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from service.model import Post, Site, site
from service.model.post import known
from service.publish.view import LARGEST, LAST_PAGE, SIZE, Order, View
from service.values.address import Address, BadAddress, parse
from service.values.reason import Refused

KNOWN = frozenset({"url", "page", "size", "order", "under", "skip", "theme"})
"""Parameters that change an answer. What comes with others is answered, but not held: they would be endless."""


@dataclass(frozen=True, slots=True)
class Found:
    """The site that an address belongs to, and the post that it means, if one was ever named."""

    address: Address
    site: Site
    post: Post | None


def find(session: Session, url: str) -> Found:
    """Site and post of an address; :class:`Refused` where it is none (``invalid_url``, …) or of no ``unknown_site``."""
    address = read(url)
    owner = site.of(session, address)
    if owner is None:
        raise Refused("unknown_site")
    return Found(address, owner, known(session, owner, address))


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
