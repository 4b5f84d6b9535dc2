"""The dashboard's pages: what waits, or is in another state; and one item with everything we know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.database import db
from service.languages import gettext
from service.model import Reflection
from service.model import picture as pictures
from service.moderate import asked, done, filters, items, keys, telling, together, whys
from service.moderate import queue as folded
from service.moderate.asked import EVERYTHING, WAITING, Asked, Sort
from service.moderate.difference import changes
from service.moderate.mend.others import others
from service.moderate.noted import keys_of
from service.moderate.queue import Page, Row
from service.people import person
from service.values.address import shown
from service.values.portrait import MEDIA_TYPE
from service.values.reason import Refused
from service.values.state import State

TABS = (WAITING, State.APPROVED, State.REJECTED, State.SPAM, State.FAILED, State.GONE, State.RECEIVED, EVERYTHING)

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
CHANGED = (("approve", "Show the new version", "yes"), _REJECT, _SPAM, ("keep", "Keep it as it is", ""))


def register(room: Blueprint) -> None:
    """Adds the pages and the words that their templates use."""
    room.context_processor(_words)
    room.add_url_rule("/", "queue", queue)
    room.add_url_rule("/one", "one", one)
    room.add_url_rule("/items/<uid>", "item", item)
    room.add_url_rule("/keys", "keys", keys.page, methods=["GET", "POST"])
    room.add_url_rule("/pictures/<name>.webp", "picture", picture)


def queue() -> ResponseReturnValue:
    """``/admin/?state=…``: what waits, folded up, unless something else is asked for."""
    listed = wanted()
    if "" in request.args.values():  # a form sends its empty fields too: the address that is kept has none
        return redirect(_place(listed))
    reach = person().reach
    if listed.waiting:
        page = folded.page(db.session(), reach, listed)
    else:
        page = folded.unfolded(items.page(db.session(), reach, listed))
    return render_template(
        "moderate/queue.html",
        page=page,
        tab=WAITING if listed.waiting else listed.state or EVERYTHING,
        asked=listed,
        bar=filters.bar(db.session(), reach, listed),
        waiting=items.waiting(db.session(), reach),
        reasons=reasons_for(listed),
        weighed=listed.sort is not Sort.NEWEST or page.weighed,
        done=done.named(),
        tabs=_tabs(),
        place=partial(_place, listed),
        one_at=partial(_one_at, listed),
    )


def one() -> ResponseReturnValue:
    """``/admin/one?at=…``: the same, a row at a time; ``at`` is the item where one is, or was until it was decided."""
    listed, reach = wanted(), person().reach
    try:
        at = asked.number(request.args, "at")
    except Refused:
        abort(400)
    if not listed.waiting:
        abort(400)
    listed, page, place = folded.at(db.session(), reach, listed, at)
    before, row, further = page.around(place)
    return render_template(
        "moderate/one.html",
        at=at,
        row=row,
        before=_one_at(listed, before.first.id) if before else None,
        further=_further(listed, page, further),
        waiting=items.waiting(db.session(), reach),
        done=done.named(),
        place=partial(_place, listed),
        one_at=partial(_one_at, listed),
    )


def _place(listed: Asked, **changes: object) -> str:
    """The list as it is asked for, with these changes."""
    return url_for("moderate.pages.queue", **listed.query(**changes))


def _one_at(listed: Asked, at: int | None, **changes: object) -> str:
    return url_for("moderate.pages.one", **listed.query(**changes), at=at)


def _further(listed: Asked, page: Page, row: Row | None) -> str | None:
    if row is not None:
        return _one_at(listed, row.first.id)
    return _one_at(listed, None, after=page.next) if page.next else None


def reasons_for(listed: Asked) -> list[tuple[str, str, int]]:
    """The reasons that there are among these items: name, label, and how many each concerns."""
    if not listed.waiting and listed.state is not State.FAILED:
        return []
    counted = items.reasons(db.session(), person().reach, listed)
    return [(code, gettext(whys.WHYS[code].label), number) for code, number in counted.items()]


def wanted() -> Asked:
    """Which items the query of this page asks for."""
    try:
        found = asked.read(request.args)
    except Refused:
        abort(400)
    if found.state is State.ERASED:
        abort(404)
    if not request.args.get("state") and not found.narrowed:
        found = replace(found, waiting=True)
    return found


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
    return render_template(
        "moderate/item.html",
        item=found,
        done=done.named(),
        note_keys=list(keys_of(found)),
        others=others(db.session(), person().reach, found),
    )


def _tabs() -> list[tuple[str, str]]:
    called = {WAITING: "Waiting", EVERYTHING: "Everything"}
    return [(tab, gettext(called[tab]) if tab in called else telling.state(State(tab))) for tab in TABS]


def _words() -> dict[str, object]:
    """What the templates say things with."""
    return {
        "tell": telling,
        "now": datetime.now(UTC),
        "buttons": lambda one: CHANGED if one.changed else BUTTONS.get(one.state, ()),
        "buttons_of": lambda tab: BUTTONS.get(tab, ()) if tab in set(State) else BUTTONS[State.PENDING],
        "address": shown,
        "changes": changes,
        "whys": whys.of,
        "together": together.words,
        "keys": keys,
    }
