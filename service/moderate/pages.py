"""The dashboard's pages: what waits, or is in another state; and one item with everything we know of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from service.database import db
from service.languages import gettext
from service.model import Event, Reflection
from service.model import picture as pictures
from service.moderate import asked, items, telling
from service.moderate.asked import Asked
from service.moderate.difference import changes
from service.moderate.item import Happened, Item
from service.people import person
from service.values.address import shown
from service.values.portrait import MEDIA_TYPE
from service.values.reason import Refused
from service.values.state import State

WAITING = "waiting"
TABS = (WAITING, State.APPROVED, State.REJECTED, State.SPAM, State.FAILED, State.GONE, State.RECEIVED)

# A button: what it asks for, its label, and how it looks.
_APPROVE = ("approve", "Approve", "yes")
_REJECT = ("reject", "Reject", "no")
_SPAM = ("spam", "Spam", "no")
_WAIT = ("wait", "Decide later", "")
BUTTONS: Mapping[State, tuple[tuple[str, str, str], ...]] = MappingProxyType({
    State.PENDING: (_APPROVE, _REJECT, _SPAM),
    State.APPROVED: (_REJECT, _SPAM, _WAIT),
    State.REJECTED: (_APPROVE, _SPAM, _WAIT),
    State.SPAM: (("approve", "Not spam: approve", "yes"), _REJECT, _WAIT),
    State.FAILED: (("retry", "Try again", "yes"), ("approve", "Approve by hand", "")),
})  # fmt: skip
CHANGED = (("approve", "Show the new version", "yes"), ("keep", "Keep it as it is", ""), _REJECT, _SPAM)


def register(room: Blueprint) -> None:
    """Adds the pages and the words that their templates use."""
    room.context_processor(_words)
    room.add_url_rule("/", "queue", queue)
    room.add_url_rule("/items/<uid>", "item", item)
    room.add_url_rule("/pictures/<name>.webp", "picture", picture)


def queue() -> ResponseReturnValue:
    """``/admin/?state=…``: fifty items, those that wait unless something else is asked for."""
    try:
        wanted = asked.read(request.args)
    except Refused:
        abort(400)
    tab = WAITING if wanted.state is None else wanted.state
    if wanted.state is None and not wanted.words:
        wanted = Asked(None, True, wanted.site, wanted.words, wanted.after)
    reach = person().reach
    page = items.page(db.session(), reach, wanted)
    waiting = items.waiting(db.session(), reach)

    def place(after: int | None) -> str:
        words = wanted.words or None
        return url_for("moderate.pages.queue", state=wanted.state, q=words, site=wanted.site, after=after)

    return render_template(
        "moderate/queue.html",
        page=page,
        tab=tab,
        asked=wanted,
        waiting=waiting,
        done=just_done(),
        tabs=_tabs(),
        place=place,
    )


def picture(name: str) -> ResponseReturnValue:
    """``/admin/pictures/<hash>.webp``: our copy of an author's picture, of an item in any state."""
    body = pictures.read(db.session(), name, person().reach(Reflection.site_id))
    if body is None:
        abort(404)
    return Response(body, mimetype=MEDIA_TYPE)


def item(uid: str) -> ResponseReturnValue:
    """``/admin/items/<id>``: everything that we know of one item."""
    found = items.one(db.session(), person().reach, uid)
    if found is None:
        abort(404)
    return render_template("moderate/item.html", item=found, done=just_done())


def just_done() -> tuple[Item, Happened] | None:
    """The decision that led here, as ``done`` names it, while it is still one's last word on that item."""
    number = request.args.get("done", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    reach = person().reach
    found = db.session.execute(
        select(Reflection.uid, Event)
        .join(Event, Event.reflection_id == Reflection.id)
        .where(Event.id == int(number), reach(Event.site_id), Event.by == person().name)
    ).first()
    one = items.one(db.session(), reach, found[0]) if found else None
    if found is None or one is None:
        return None
    event = items.happened(found[1])
    last = next((past for past in one.history if past.moved or past.id == event.id), None)
    return (one, event) if last is not None and last.id == event.id else None


def _tabs() -> list[tuple[str, str]]:
    return [(tab, gettext("Waiting") if tab == WAITING else telling.state(State(tab))) for tab in TABS]


def _words() -> dict[str, object]:
    """What the templates say things with."""
    return {
        "tell": telling,
        "now": datetime.now(UTC),
        "buttons": lambda one: CHANGED if one.changed else BUTTONS.get(one.state, ()),
        "address": shown,
        "changes": changes,
    }
