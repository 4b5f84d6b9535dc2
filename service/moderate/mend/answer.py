"""``/admin/items/<id>/answer``: answering an item as the owner, in Markdown, with what it would look like first.

An answer is a comment beneath the item, with the owner's mark, which no name can imitate, and up at once. What it
answers must be up too: where it is not, the same press approves it, as it was before whoever answers, or neither
happens. Both are one batch, and taken back together; the answer lies among the rejected then.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext
from service.model import Batch, Reflection, Revision, Site
from service.model.reflection import new_uid
from service.model.states import Step, as_it_was, step
from service.moderate import answers, telling
from service.moderate.decisions import Conflict, Decided, Decider, Decision, Result, conflict, decide, locked
from service.moderate.done import ANSWER
from service.moderate.item import Item
from service.moderate.mend.asking import decider, number, wanted
from service.people import person
from service.values import clean
from service.values.state import DECIDABLE, Kind, State

LONGEST = 10_000
"""Characters of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answers, and what of the item was before him."""

    name: str
    markdown: str
    about: Decision
    """Its approval, where it is not up."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it: the batch, if all of it was done."""

    result: Result
    batch: int | None = None


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/answer", "answer", page)
    room.add_url_rule("/items/<uid>/answer", "answer_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """The item, and an empty answer."""
    item = _answerable(uid)
    return _form(item, _called(item))


def now(uid: str) -> ResponseReturnValue:
    """Shows what it would look like, or answers."""
    item, form = _answerable(uid), request.form
    name, markdown = clean.line(form.get("name", "")), form.get("words", "")
    if not name or not markdown.strip() or len(markdown) > LONGEST:
        return _form(item, name, gettext("An answer needs a name and some words, and not too many of them.")), 422
    if "preview" in form:
        return _form(item, name, preview=True)
    if form.get("from") not in set(State):
        abort(400)
    about = Decision(uid, State(form["from"]), State.APPROVED, number("seen"), beside=form.get("beside", ""))
    who, asked, moment = decider(), Answer(name, markdown, about), datetime.now(UTC)
    said = write(lambda session: answer(session, who, asked, moment))
    if said.batch is not None:
        return answers.many([said.result], said.batch)
    if isinstance(said.result, Decided) or said.result.why == "not_there":
        return answers.one(said.result)
    return _form(wanted(uid), name, telling.conflict(said.result, moment), overtaken=True), 409


def answer(session: Session, who: Decider, asked: Answer, moment: datetime) -> Said:
    """Answers, and approves what is answered first where it is not up; of both none where one can't be done."""
    item = locked(session, who.reach, [asked.about.uid]).get(asked.about.uid)
    if item is None:
        return Said(Conflict(asked.about.uid, "not_there"))
    if item.state is not asked.about.came_from:
        return Said(conflict(session, item, "moved"))
    if item.state not in DECIDABLE:
        return Said(conflict(session, item, "not_allowed"))
    if item.state is State.APPROVED:
        return Said(_answered(session, who, item, asked, moment))
    batch = Batch(by=who.by, made=moment, what=ANSWER, listed=2)
    session.add(batch)
    session.flush()
    both = replace(who, batch=batch.id)
    (approved,) = decide(session, both, [asked.about], moment)
    if isinstance(approved, Conflict):
        session.delete(batch)
        return Said(approved)
    return Said(_answered(session, both, item, asked, moment), batch.id)


def _answered(session: Session, who: Decider, item: Reflection, asked: Answer, moment: datetime) -> Decided:
    uid = new_uid()
    made = Reflection(
        uid=uid,
        site_id=item.site_id,
        post_id=item.post_id,
        parent_id=item.id,
        kind=Kind.COMMENT,
        source_key=hashlib.sha256(uid.encode()).hexdigest(),
        # Where it lies when it is taken back: nobody is to decide about it.
        state=State.REJECTED,
        owner=True,
        received=moment,
        checked=moment,
        latest=1,
        decided=1,
    )
    session.add(made)
    session.flush()
    session.add(_revision(session, made, asked, moment))
    session.flush()
    up = Step(
        State.REJECTED,
        State.APPROVED,
        who.by,
        seen=1,
        show=1,
        details={"before": as_it_was(session, made), "answers": item.uid},
        batch=who.batch,
    )
    event = step(session, made, up, moment)
    assert event is not None, "nobody else knows of it yet"
    return Decided(uid, State.APPROVED, event.id)


def _revision(session: Session, made: Reflection, asked: Answer, moment: datetime) -> Revision:
    content = clean.markdown(asked.markdown)
    return Revision(
        reflection_id=made.id,
        number=1,
        made=moment,
        made_by="writer",
        author_name=asked.name,
        author_url=session.get_one(Site, made.site_id).base_url,
        html=content.markup,
        text=clean.words(content),
        cleaned_by=clean.VERSION,
    )


def _answerable(uid: str) -> Item:
    item = wanted(uid)
    return item if item.version is not None and item.state in DECIDABLE else abort(404)


def _called(item: Item) -> str:
    """The name under which the owner answered on this site last; else that of who is signed in."""
    last = (
        select(Revision.author_name)
        .join(Reflection, Reflection.id == Revision.reflection_id)
        .where(Reflection.site_id == item.site_id, Reflection.owner, Revision.number == Reflection.latest)
        .order_by(Reflection.id.desc())
        .limit(1)
    )
    return db.session.scalar(last) or person().name


def _form(item: Item, name: str, wrong: str = "", **further: bool) -> str:
    """The form: with ``preview`` what it would look like; ``overtaken``, what is before whoever answers is what the
    item is by now."""
    words = request.form.get("words", "")
    return render_template(
        "moderate/answer.html",
        item=item,
        name=name,
        words=words,
        content=clean.markdown(words),
        wrong=wrong,
        longest=LONGEST,
        **further,
    )
