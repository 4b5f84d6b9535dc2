"""``/admin/posts/<id>/move``: a post goes to another address of its site with all its items, for owners. Its old
addresses still mean it, so that what is sent there comes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext
from service.model import Post, Reflection, moving
from service.model import site as sites
from service.model.states import Step, as_it_was, step
from service.moderate import answers
from service.moderate.batches import begin, in_turns
from service.moderate.decisions import Decided, Decider, Result
from service.moderate.done import MOVE
from service.moderate.mend.asking import decider
from service.moderate.mend.move import WRONG, BadPlace
from service.people import person
from service.people.guard import owners_only
from service.values.address import Address, BadAddress, parse, untracked
from service.values.state import State


@dataclass(frozen=True, slots=True)
class Called:
    """What a post was called, and its items."""

    was: str
    items: Sequence[int]


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/posts/<int:number>/move", "move_post", page)
    room.add_url_rule("/posts/<int:number>/move", "move_post_now", now, methods=["POST"])


def page(number: int) -> ResponseReturnValue:
    """Asks where to."""
    owners_only()
    return _form(number)


def now(number: int) -> ResponseReturnValue:
    """Moves it. Its items are told in turns, so that nobody else's writing waits long."""
    owners_only()
    post, who, moment = _post(number).id, decider(), datetime.now(UTC)
    try:
        place = untracked(parse(request.form.get("to", "").strip()))
        called = write(partial(call, number=post, place=place, moment=moment))
    except BadAddress:
        return _form(number, "address"), 422
    except BadPlace as bad:
        return _form(number, bad.code), 422
    if not called.items:
        return redirect(url_for("moderate.pages.queue", state="all", post=post), 303)
    batch = begin(who, MOVE, len(called.items), moment)
    each, new = replace(who, batch=batch), place.page
    results = in_turns(lambda session, some: _told(session, each, some, called.was, new, moment), called.items)
    return answers.many(list(results), batch)


def call(session: Session, number: int, place: Address, moment: datetime) -> Called:
    """Gives the post its address; raises :class:`BadPlace`."""
    post = session.get_one(Post, number, with_for_update=True, populate_existing=True)
    site, was = sites.of(session, place), post.url
    if site is None or site.id != post.site_id:
        raise BadPlace("elsewhere")
    if place.page == was:
        raise BadPlace("same")
    if not moving.readdress(session, post, place, moment):
        raise BadPlace("taken")
    items = select(Reflection.id).where(Reflection.post_id == post.id, Reflection.state != State.ERASED)
    return Called(was, session.scalars(items.order_by(Reflection.id)).all())


def _told(session: Session, who: Decider, items: Sequence[int], was: str, new: str, moment: datetime) -> list[Result]:
    """Says in each item's record that it went with its post."""
    results = list[Result]()
    for number in items:
        item = session.get_one(Reflection, number, with_for_update=True, populate_existing=True)
        details = {"before": as_it_was(session, item), "called": was, "moved": None, "to": new}
        event = step(session, item, Step(item.state, item.state, who.by, details=details, batch=who.batch), moment)
        if event is not None:
            results.append(Decided(item.uid, item.state, event.id))
    return results


def _post(number: int) -> Post:
    reach = person().reach
    found = db.session.scalar(select(Post).where(Post.id == number, reach(Post.site_id))) if number < 2**31 else None
    return found if found is not None else abort(404)


def _form(number: int, wrong: str = "") -> str:
    post = _post(number)
    count = db.session.scalar(
        select(func.count()).where(Reflection.post_id == post.id, Reflection.state != State.ERASED)
    )
    said = gettext(WRONG[wrong]) if wrong else ""
    return render_template(
        "moderate/move_post.html", post=post, count=count, wrong=said, to=request.form.get("to", post.url)
    )
