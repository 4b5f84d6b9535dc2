"""What a page of these asks first: which item it is about, and who wants it."""

from __future__ import annotations

from flask import abort, request

from service.database import db
from service.moderate import items
from service.moderate.decisions import Decider
from service.moderate.item import Item
from service.people import person


def wanted(uid: str) -> Item:
    """The item that the page is about; 404 where there is none in reach."""
    found = items.one(db.session(), person().reach, uid)
    return found if found is not None else abort(404)


def decider() -> Decider:
    """Who asks."""
    who = person()
    return Decider(who.name, who.reach)


def number(name: str) -> int | None:
    """A revision's number that the form carries; ``None`` where there was none."""
    given = request.form.get(name, "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 9):
        abort(400)
    return int(given) if given else None
