"""``/admin/items/<id>/move``: an item, with all that answers it, goes beneath another post of its site, or beneath
another item there. What is sent for it where it was still comes to it, so that it is withdrawn and looked at as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import write
from service.languages import gettext
from service.model import Batch, Post, Reflection, moving
from service.model import post as posts
from service.model import site as sites
from service.moderate import answers
from service.moderate.decisions import Conflict, Decided, Decider, Result, locked
from service.moderate.done import MOVE
from service.moderate.item import readable
from service.moderate.mend.asking import decider, wanted
from service.values.address import Address, BadAddress, parse
from service.values.state import State

WRONG = {
    "address": "This is no web address.",
    "elsewhere": "This address is not one of the same site.",
    "same": "It stands there already.",
    "there": "There is something from the same source already, or was, and is erased.",
    "taken": "Another post stands at this address, with items of its own: move yours there one by one.",
    "no_item": "This is an item’s own address, and that item is not there.",
}
_ITEM = "reflection-"


class BadPlace(ValueError):
    """Where nothing can be moved to; ``code`` is one of :data:`WRONG`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of each, and the batch."""

    results: Sequence[Result]
    batch: int | None = None


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/move", "move", page)
    room.add_url_rule("/items/<uid>/move", "move_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """Asks where to."""
    return _form(uid)


def now(uid: str) -> ResponseReturnValue:
    """Moves it."""
    who, moment = decider(), datetime.now(UTC)
    try:
        place = parse(request.form.get("to", "").strip())
        moved = write(partial(move, who=who, uid=uid, place=place, moment=moment))
    except BadAddress:
        return _form(uid, "address"), 422
    except BadPlace as bad:
        return _form(uid, bad.code), 422
    if moved.batch is None:
        return answers.one(moved.results[0])
    return answers.many(moved.results, moved.batch)


def move(session: Session, who: Decider, uid: str, place: Address, moment: datetime) -> Moved:
    """Moves an item to the post at ``place``; raises :class:`BadPlace`. An address that names one of our items
    (``#reflection-…``) makes it an answer to that."""
    item = locked(session, who.reach, [uid]).get(uid)
    if item is None:
        return Moved([Conflict(uid, "not_there")])
    post = _post(session, item, place, moment)
    some = moving.beneath(session, item)
    parent = _parent(session, post, place, item)
    if post.id == item.post_id and parent == item.parent_id:
        raise BadPlace("same")
    if post.id != item.post_id and moving.has(session, post.id, some):
        raise BadPlace("there")
    batch = Batch(by=who.by, made=moment, what=MOVE, listed=len(some))
    session.add(batch)
    session.flush()
    results: list[Result] = []
    for one in some:
        beneath = parent if one.id == item.id else one.parent_id
        event = moving.move(session, one, post, beneath, who.by, batch.id, moment)
        assert event is not None, "its row is locked, and its state stays"
        results.append(Decided(one.uid, one.state, event.id))
    return Moved(results, batch.id)


def _post(session: Session, item: Reflection, place: Address, moment: datetime) -> Post:
    site = sites.of(session, place)
    if site is None or site.id != item.site_id:
        raise BadPlace("elsewhere")
    return posts.named(session, site, place, moment)


def _parent(session: Session, post: Post, place: Address, item: Reflection) -> int | None:
    if place.fragment is None or not place.fragment.startswith(_ITEM):
        return None
    uid = place.fragment.removeprefix(_ITEM)
    there = select(Reflection.id).where(
        Reflection.uid == uid, Reflection.post_id == post.id, Reflection.state != State.ERASED
    )
    found = session.scalar(there) if readable(uid) else None
    if found is None or moving.answers(session, found, item):
        raise BadPlace("no_item")
    return found


def _form(uid: str, wrong: str = "") -> str:
    said = gettext(WRONG[wrong]) if wrong else ""
    return render_template("moderate/move.html", item=wanted(uid), wrong=said, to=request.form.get("to", ""))
