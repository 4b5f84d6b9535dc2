"""``/admin/batches``: a decision about all that a search lists: before it is made, while it is done, and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from service.bell import Bell
from service.database import db, write
from service.languages import gettext, spoken
from service.model import Batch, Reflection
from service.model.batch import UNDO, Wanted
from service.moderate import asked, filters, telling, whys
from service.moderate.asked import EVERYTHING, WAITING, Asked
from service.moderate.bulk import listing, words
from service.moderate.changes import heard
from service.moderate.decisions import Decider
from service.moderate.pages import BUTTONS, wanted
from service.moderate.rules import back
from service.people import person
from service.values.reason import Refused
from service.values.state import DECIDABLE, State

MOST_JOBS = 50
"""Jobs of the list, the newest."""

BIGGEST = 2**31 - 1
"""The last number of a batch or an event."""

TO = {"approve": State.APPROVED, "reject": State.REJECTED, "spam": State.SPAM, "wait": State.PENDING}
"""What a button asks for."""


def register(room: Blueprint, bell: Bell) -> None:
    """Adds the pages; ``bell`` wakes the worker that does the jobs."""
    room.context_processor(lambda: {"bulk": words, "many": _many, "in_bulk": in_bulk})
    room.add_url_rule("/batches", "batches", batches)
    room.add_url_rule("/batches/new", "new_batch", new)
    room.add_url_rule(f"/batches/<int(max={BIGGEST}):number>", "batch", batch)

    @room.post("/batches")
    def begin_batch() -> ResponseReturnValue:
        number = _begin()
        bell.ring("errands")
        return redirect(url_for("moderate.pages.batch", number=number), 303)

    @room.post(f"/batches/<int(max={BIGGEST}):number>/back")
    def take_batch_back(number: int) -> ResponseReturnValue:
        decider, now = _decider(), datetime.now(UTC)
        undoing = write(lambda session: listing.take_back(session, decider, number, now))
        if undoing is None:
            abort(404)
        bell.ring("errands")
        return redirect(url_for("moderate.pages.batch", number=undoing), 303)


def in_bulk(listed: Asked) -> bool:
    """Whether a list is one about all of which somebody may decide at once."""
    return listed.waiting or listed.state is None or listed.state in DECIDABLE


def new() -> ResponseReturnValue:
    """``/admin/batches/new?state=…``: all that a search lists, and what may be decided about it."""
    found = _wanted()
    here = heard()  # before it is listed: what happens in between is left out, not decided unseen
    return render_template(
        "moderate/new_batch.html",
        listed=listing.listed(db.session(), person().reach, found),
        asked=found,
        said=_said(found),
        buttons_here=BUTTONS[State.PENDING if found.waiting or found.state is None else found.state],
        heard_of=here,
        most=listing.MOST,
    )


def batches() -> ResponseReturnValue:
    """The jobs, the newest first: a line for each."""
    query = select(Batch).where(listing.in_sight(_decider())).order_by(Batch.id.desc()).limit(MOST_JOBS)
    return render_template("moderate/batches.html", jobs=list(db.session.scalars(query)))


def batch(number: int) -> ResponseReturnValue:
    """``/admin/batches/7``: how far it is; then what it did, what it left, and how it is taken back."""
    job = _job(number)
    undone = db.session.scalar(select(Batch.id).where(Batch.undoes == number))
    return render_template(
        "moderate/batch.html",
        job=job,
        said=_said(_asked(job)),
        undone=undone,
        left=_left(job),
        can_be_undone=job.what != UNDO and undone is None and (job.working or job.done > 0),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """Items that a job left as they were, for one reason: the newest of them."""

    why: str
    items: Sequence[Any]


def _left(job: Batch) -> list[Left]:
    reach = person().reach
    found = []
    for why in words.LEFT:
        these = select(Wanted.reflection_id).where(Wanted.batch_id == job.id, Wanted.why == why)
        items = back.listed(db.session(), Reflection.id.in_(these) & reach(Reflection.site_id))
        found += [Left(why, items)] if items else []
    return found


def _begin() -> int:
    found, to, now = _wanted(), TO.get(request.form.get("decision", "")), datetime.now(UTC)
    given = request.form.get("heard", "")
    if to is None or not (given.isascii() and given.isdigit() and len(given) <= 10 and int(given) <= BIGGEST):
        abort(400)
    decider = _decider()
    ids = listing.listed(db.session(), decider.reach, found).ids
    return write(lambda session: listing.begin(session, decider, found, ids, to, int(given), now))


def _wanted() -> Asked:
    try:
        found = wanted() if request.method == "GET" else asked.read(_query())
    except Refused:
        abort(400)
    if not in_bulk(found):
        abort(404)
    return found


def _query() -> MultiDict[str, str]:
    """The search that the form carries."""
    own = {"decision", "heard", "csrf"}
    return MultiDict((name, value) for name, value in request.form.items(multi=True) if name not in own)


def _asked(job: Batch) -> Asked:
    try:
        return asked.read(MultiDict(job.asked or {}))
    except Refused:  # of a release that knew other filters
        return Asked()


def _said(found: Asked) -> list[tuple[str, str]]:
    """What was searched for, in words: a label and a value each, the state first."""
    state = WAITING if found.waiting else found.state or EVERYTHING
    named = {WAITING: gettext("Waiting"), EVERYTHING: gettext("Everything")}
    said = [("", named.get(state) or telling.state(State(state)))]
    if found.why:
        said.append(("", gettext(whys.WHYS[found.why].label)))
    bar = filters.bar(db.session(), person().reach, found)
    return said + [(label, value) for _name, label, value in bar.narrowed]


def _job(number: int) -> Batch:
    found = db.session.scalar(select(Batch).where(Batch.id == number, listing.in_sight(_decider())))
    if found is None:
        abort(404)
    return found


def _decider() -> Decider:
    return Decider(person().name, person().reach)


def _many(number: int) -> str:
    """``5,000``."""
    return format_decimal(number, locale=spoken().replace("-", "_"))
