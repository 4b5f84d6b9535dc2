"""``/admin/items/<id>/thread``: where in its post's thread an item stands: on the first level, or as an answer to
another one. What answers it goes with it: so a talk that strayed is split off, and one that belongs to another joins
that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext
from service.model import Batch, Reflection, moving
from service.moderate import answers, items
from service.moderate.asked import Asked
from service.moderate.decisions import Conflict, Decided, Decider, conflict, locked
from service.moderate.done import MOVE
from service.moderate.item import Item, readable
from service.moderate.mend.asking import decider, number, wanted
from service.moderate.mend.move import WRONG, BadPlace, Moved
from service.people import person
from service.values.state import State

MOST = 200
"""Items of the post that are listed, the newest."""

DEEPEST = 3
"""Levels that are told apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of the thread beneath which another may go."""

    item: Item
    level: int


@dataclass(frozen=True, slots=True)
class Put:
    """Where somebody wants an item, and where it was before him."""

    uid: str
    beneath: str
    """The id of the one that it is to answer; empty for the first level."""
    post: int | None
    was: str
    """The id of the one that it answered."""


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/thread", "thread", page)
    room.add_url_rule("/items/<uid>/thread", "thread_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """The thread, with what it may answer."""
    return _form(wanted(uid))


def now(uid: str) -> ResponseReturnValue:
    """Puts it there."""
    form, who, moment = request.form, decider(), datetime.now(UTC)
    asked = Put(uid, form.get("beneath", ""), number("post"), form.get("was", ""))
    try:
        done = write(partial(put, who=who, asked=asked, moment=moment))
    except BadPlace as bad:
        return _form(wanted(uid), bad.code), 422
    return answers.one(done.results[0]) if done.batch is None else answers.many(done.results, done.batch)


def put(session: Session, who: Decider, asked: Put, moment: datetime) -> Moved:
    """Puts an item elsewhere in its thread; raises :class:`BadPlace`."""
    item = locked(session, who.reach, [asked.uid]).get(asked.uid)
    if item is None:
        return Moved([Conflict(asked.uid, "not_there")])
    if (item.post_id, _uid(session, item.parent_id)) != (asked.post, asked.was):
        return Moved([conflict(session, item, "moved")])
    parent = _beneath(session, item, asked.beneath)
    if parent == item.parent_id:
        raise BadPlace("same")
    batch = Batch(by=who.by, made=moment, what=MOVE, listed=1)
    session.add(batch)
    session.flush()
    event = moving.move(session, item, item.post, parent, who.by, batch.id, moment)
    assert event is not None, "its row is locked, and its state stays"
    return Moved([Decided(item.uid, item.state, event.id)], batch.id)


def _beneath(session: Session, item: Reflection, uid: str) -> int | None:
    if not uid:
        return None
    there = (Reflection.uid == uid, Reflection.post_id == item.post_id, Reflection.state != State.ERASED)
    found = session.scalar(select(Reflection.id).where(*there)) if readable(uid) else None
    if found is None or moving.answers(session, found, item):
        raise BadPlace("no_item")
    return found


def _uid(session: Session, number: int | None) -> str:
    return session.scalar(select(Reflection.uid).where(Reflection.id == number)) or "" if number else ""


def _places(item: Item) -> tuple[list[Place], bool]:
    """The others of its thread but those that answer it, each beneath what it answers; whether there are more."""
    session, reach = db.session(), person().reach
    listed = items.page(session, reach, Asked(post=str(item.post_id)), MOST, items.AT_A_GLANCE)
    shown = sorted(listed.items, key=lambda one: one.id)
    parents = _parents(session, [one.id for one in shown])
    children: Mapping[int | None, list[Item]] = defaultdict(list)
    for one in shown:
        parent = parents[one.id]
        children[parent if parent in parents else None].append(one)
    return list(_below(children, None, 0, item.id)), listed.next is not None


def _below(children: Mapping[int | None, Sequence[Item]], of: int | None, level: int, but: int) -> Iterator[Place]:
    for one in children.get(of, ()):
        if one.id != but:
            yield Place(one, min(level, DEEPEST))
            yield from _below(children, one.id, level + 1, but)


def _parents(session: Session, ids: Sequence[int]) -> Mapping[int, int | None]:
    rows = session.execute(select(Reflection.id, Reflection.parent_id).where(Reflection.id.in_(ids)))
    return dict(rows.tuples().all())


def _form(item: Item, wrong: str = "") -> str:
    places, more = _places(item)
    parent = db.session.scalar(select(Reflection.parent_id).where(Reflection.id == item.id))
    return render_template(
        "moderate/thread.html",
        item=item,
        places=places,
        more=more,
        was=_uid(db.session(), parent),
        wrong=gettext(WRONG[wrong]) if wrong else "",
    )
