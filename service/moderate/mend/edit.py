"""``/admin/items/<id>/edit``: other words in the place of an item's own, marked as edited for readers.

An edit is a revision made by the moderator, of the newest one, which he has before him. Of what is up it is what
readers see from then on; of anything else it is what a decision is about from then on, and nobody sees it before. What
the source says is compared with what the source said (:mod:`workers.settle`): the edit stays until somebody decides
about newer words. Taken back, it stays among the versions, and its number is never given again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.database import write
from service.languages import gettext
from service.model import Reflection, Revision
from service.model.states import Step, as_it_was, step
from service.moderate import answers, telling
from service.moderate.decisions import Conflict, Decided, Decider, Result, conflict, locked
from service.moderate.item import Item
from service.moderate.mend import wording
from service.moderate.mend.asking import decider, number, wanted
from service.moderate.mend.wording import BadWording, Wording
from service.values import clean
from service.values.portrait import is_hash
from service.values.state import DECIDABLE, State

WRONG = {
    "address": "The author’s address is no web address: it begins with https:// or http://.",
    "too_long": "These words are too long.",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """The words that somebody wants, and what of the item was before him."""

    uid: str
    came_from: State
    seen: int
    beside: str
    """The hash of the picture that he has seen with it."""
    words: Wording


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/edit", "edit", page)
    room.add_url_rule("/items/<uid>/edit", "edit_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """The words as they are, to be changed."""
    item = _editable(uid)
    assert item.version is not None
    return _form(item, wording.of(item.version))


def now(uid: str) -> ResponseReturnValue:
    """Shows what it would look like, or keeps it."""
    item, form, seen = _editable(uid), request.form, number("seen")
    try:
        words = wording.read(form)
    except BadWording as bad:
        return _form(item, _as_written(), gettext(WRONG[bad.code])), 422
    if "preview" in form:
        return _form(item, words, preview=True)
    if seen is None or form.get("from") not in set(State):
        abort(400)
    asked, who, moment = (
        Edit(uid, State(form["from"]), seen, form.get("beside", ""), words),
        decider(),
        datetime.now(UTC),
    )
    result = write(lambda session: edit(session, who, asked, moment))
    if isinstance(result, Decided) or result.why == "not_there":
        return answers.one(result)
    return _form(wanted(uid), words, telling.conflict(result, moment), overtaken=True), 409


def edit(session: Session, who: Decider, asked: Edit, moment: datetime) -> Result:
    """Puts the words in the place of the item's newest."""
    item = locked(session, who.reach, [asked.uid]).get(asked.uid)
    if item is None:
        return Conflict(asked.uid, "not_there")
    if item.state is not asked.came_from:
        return conflict(session, item, "moved")
    if item.latest != asked.seen:
        return conflict(session, item, "newer")
    if item.state not in DECIDABLE:
        return conflict(session, item, "not_allowed")
    event = step(session, item, _step(session, who, item, asked, moment), moment)
    return conflict(session, item, "moved") if event is None else Decided(item.uid, item.state, event.id)


def _step(session: Session, who: Decider, item: Reflection, asked: Edit, moment: datetime) -> Step:
    made = _revise(session, item, asked, moment)
    up = item.state is State.APPROVED
    return Step(
        came_from=item.state,
        to=item.state,
        by=who.by,
        seen=asked.seen,
        show=made if up else None,
        picture=asked.beside if is_hash(asked.beside) else None,
        values={"latest": made, "decided": made if up else item.decided},
        details={"before": as_it_was(session, item) | {"latest": item.latest}, "edit": made},
        batch=who.batch,
    )


def _revise(session: Session, item: Reflection, asked: Edit, moment: datetime) -> int:
    of_it = Revision.reflection_id == item.id
    base = session.scalars(select(Revision).where(of_it, Revision.number == asked.seen)).one()
    made = (session.scalar(select(func.max(Revision.number)).where(of_it)) or 0) + 1
    session.add(wording.revision(base, made, asked.words, moment))
    session.flush()
    return made


def _editable(uid: str) -> Item:
    item = wanted(uid)
    return item if item.version is not None and item.state in DECIDABLE else abort(404)


def _as_written() -> Wording:
    """What the form holds, so that nothing that was written is lost; it is shown in its fields alone."""
    form = request.form
    return Wording(
        form.get("title", ""),
        form.get("author_name", ""),
        form.get("author_url", ""),
        clean.plain(""),
        "picture" in form,
    )


def _form(item: Item, words: Wording, wrong: str = "", **further: bool) -> str:
    """The form: with ``preview`` what it would look like; ``overtaken``, what the item says by now, which whoever saves
    again has seen."""
    written = request.form.get("content", words.content.markup)
    return render_template(
        "moderate/edit.html", item=item, words=words, written=written, wrong=wrong, longest=wording.LONGEST, **further
    )
