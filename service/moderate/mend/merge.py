"""``/admin/items/<id>/merge``: two items of a post that are one thing, a source by http and by https or the same words
on two sites, become one. Which are likely to be, the page says; which of the two stays, a person does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext
from service.model import Batch, Event, Reflection, merging, moving
from service.moderate import answers, items
from service.moderate.asked import Asked
from service.moderate.decisions import Conflict, Decided, Decider, Result, conflict, locked
from service.moderate.done import MERGE
from service.moderate.item import Item, readable
from service.moderate.mend.asking import decider, wanted
from service.moderate.mend.move import Moved
from service.people import person
from service.values.address import BadAddress, parse, post_key, source_key, stored
from service.values.state import DECIDABLE, State

MOST = 200
"""Items of the post among which is looked, the newest."""

SHOWN = 20
"""Of these are listed."""

SAME_WORDS = 40
"""Characters from which on the same words are no chance."""

WRONG = {
    "no_item": "There is no such item on this post.",
    "beneath": "One of them answers the other: put it elsewhere in the thread first.",
    "undecidable": "Only what is approved, waits, or was rejected or marked as spam can be merged.",
}
ALIKE = {
    "address": "The same address",
    "syndicated": "One names the other as a copy of it",
    "words": "The same words",
    "host": "From the same host",
}


class BadPair(ValueError):
    """Two that can't be merged; ``code`` is one of :data:`WRONG`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Seen:
    """One of the two as it was before whoever merges them."""

    uid: str
    state: str
    latest: str


@dataclass(frozen=True, slots=True)
class Likely:
    """Another item, and what speaks for it; empty where only its post does."""

    item: Item
    why: str


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/merge", "merge", page)
    room.add_url_rule("/items/<uid>/merge", "merge_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """Which other; then both, side by side."""
    item, given = _mergeable(uid), request.args.get("with", "").strip()
    if not given:
        return _form(item)
    try:
        return _both(item, _other(item, given))
    except BadPair as bad:
        return _form(item, bad.code), 422


def now(uid: str) -> ResponseReturnValue:
    """Merges them."""
    who, moment = decider(), datetime.now(UTC)
    pair = [_seen(given) for given in request.form.getlist("item")]
    stays = request.form.get("stays", "")
    if len(pair) != 2 or stays not in (pair[0].uid, pair[1].uid) or uid not in (pair[0].uid, pair[1].uid):
        abort(400)
    pair.sort(key=lambda one: one.uid != stays)
    try:
        done = write(partial(merge, who=who, stays=pair[0], goes=pair[1], moment=moment))
    except BadPair as bad:
        return _form(wanted(uid), bad.code), 422
    return answers.one(done.results[0]) if done.batch is None else answers.many(done.results, done.batch)


def merge(session: Session, who: Decider, stays: Seen, goes: Seen, moment: datetime) -> Moved:
    """Merges one item into another; raises :class:`BadPair`. Neither happens where one is not what it was."""
    found = locked(session, who.reach, [stays.uid, goes.uid])
    for seen in (stays, goes):
        if (lost := _overtaken(session, found.get(seen.uid), seen)) is not None:
            return Moved([lost])
    kept, gone = found[stays.uid], found[goes.uid]
    if kept.post_id != gone.post_id or kept.id == gone.id:
        raise BadPair("no_item")
    if not {kept.state, gone.state} <= DECIDABLE or None in (kept.source, gone.source):
        raise BadPair("undecidable")
    if moving.answers(session, kept.parent_id, gone) or moving.answers(session, gone.parent_id, kept):
        raise BadPair("beneath")
    batch = Batch(by=who.by, made=moment, what=MERGE, listed=2)
    session.add(batch)
    session.flush()
    merging.merge(session, kept, gone, who.by, batch.id, moment)
    done = select(Reflection.uid, Reflection.state, Event.id).join(Event, Event.reflection_id == Reflection.id)
    results: list[Result] = [Decided(*row) for row in session.execute(done.where(Event.batch_id == batch.id))]
    return Moved(results, batch.id)


def _overtaken(session: Session, item: Reflection | None, seen: Seen) -> Conflict | None:
    if item is None:
        return Conflict(seen.uid, "not_there")
    if item.state != seen.state:
        return conflict(session, item, "moved")
    return conflict(session, item, "newer") if str(item.latest or "") != seen.latest else None


def _likely(item: Item) -> list[Likely]:
    """The other linkbacks of its post, those that are likely the same thing first."""
    asked = Asked(post=str(item.post_id))
    listed = items.page(db.session(), person().reach, asked, MOST, items.AT_A_GLANCE).items
    others = [one for one in listed if one.uid != item.uid and one.source and one.state in DECIDABLE]
    found = [Likely(one, next(_alike(item, one), "")) for one in others]
    place = {why: number for number, why in enumerate(ALIKE)}
    return sorted(found, key=lambda one: place.get(one.why, len(place)))[:SHOWN]


def _alike(one: Item, other: Item) -> Iterator[str]:
    """What speaks for it that they are one thing."""
    if _places(one) & _places(other):
        yield "address"
    for it, its in ((one, other), (other, one)):
        named = {post_key(copy) for text in _copies(it) if (copy := stored(text))}
        if named & _places(its):
            yield "syndicated"
    words = [" ".join((it.version.words if it.version else "").casefold().split()) for it in (one, other)]
    if words[0] == words[1] and len(words[0]) >= SAME_WORDS:
        yield "words"
    if one.host and one.host == other.host:
        yield "host"


def _places(item: Item) -> set[str]:
    """Where it is, scheme, ``www`` and the last slash aside."""
    return {post_key(address).removeprefix("www.") for text in (item.source,) if (address := stored(text))}


def _copies(item: Item) -> tuple[str, ...]:
    """Where else it says that it is."""
    version = item.version
    if version is None:
        return ()
    canonical = version.evidence.canonical if version.evidence else None
    return (*version.syndication, *filter(None, (version.url, canonical)))


def _other(item: Item, given: str) -> Item:
    """The item that is meant, by its id, its own link or its source's address."""
    uid = given.rpartition("#reflection-")[2]
    if not readable(uid):
        try:
            key = source_key(parse(given))
        except BadAddress:
            raise BadPair("no_item") from None
        there = select(Reflection.uid).where(Reflection.post_id == item.post_id, Reflection.source_key == key)
        uid = db.session.scalar(there) or ""
    found = items.one(db.session(), person().reach, uid)
    if found is None or found.post_id != item.post_id or found.uid == item.uid:
        raise BadPair("no_item")
    if found.state not in DECIDABLE or found.source is None:
        raise BadPair("undecidable")
    return found


def _mergeable(uid: str) -> Item:
    item = wanted(uid)
    return item if item.state in DECIDABLE and item.source else abort(404)


def _seen(given: str) -> Seen:
    uid, _, rest = given.partition(" ")
    state, _, latest = rest.partition(" ")
    return Seen(uid, state, latest) if state in set(State) else abort(400)


def _both(item: Item, other: Item) -> str:
    """Both, the one first that readers see, else the older."""
    pair = sorted((item, other), key=lambda one: (one.state is not State.APPROVED, one.id))
    why = next(_alike(item, other), "")
    return render_template(
        "moderate/merge.html", item=item, pair=pair, why=gettext(ALIKE[why]) if why else "", back=_back(item)
    )


def _form(item: Item, wrong: str = "") -> str:
    return render_template(
        "moderate/merge.html",
        item=item,
        likely=_likely(item),
        alike=ALIKE,
        wrong=gettext(WRONG[wrong]) if wrong else "",
        given=request.args.get("with", ""),
        back=_back(item),
    )


def _back(item: Item) -> str:
    return url_for("moderate.pages.item", uid=item.uid)
