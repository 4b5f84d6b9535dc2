"""``/admin/items/<id>/erase``: erasing an item for good, for owners. It alone asks first, since nothing brings it back;
what is left then, :mod:`service.model.erasure` says."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.database import write
from service.model import erasure
from service.moderate import answers
from service.moderate.decisions import Conflict, Decided, Decider, Result, conflict, locked
from service.moderate.mend.asking import decider, wanted
from service.people import person
from service.people.guard import OwnersOnly, owners_only
from service.people.moderators import NoOwner, as_owner


def register(room: Blueprint) -> None:
    """Adds the page."""
    room.add_url_rule("/items/<uid>/erase", "erase", page)
    room.add_url_rule("/items/<uid>/erase", "erase_now", now, methods=["POST"])


def page(uid: str) -> ResponseReturnValue:
    """Asks whether it shall be erased, and says what that means."""
    owners_only()
    return render_template("moderate/erase.html", item=wanted(uid))


def now(uid: str) -> ResponseReturnValue:
    """Erases it."""
    owners_only()
    who, owner, moment = decider(), person().id, datetime.now(UTC)
    try:
        return answers.one(write(lambda session: erase(session, who, owner, uid, moment)))
    except NoOwner:
        raise OwnersOnly from None


def erase(session: Session, who: Decider, owner: int, uid: str, moment: datetime) -> Result:
    """Erases an item for ``owner``, a moderator's id; raises :class:`NoOwner` where that is none any more."""
    as_owner(session, owner)
    item = locked(session, who.reach, [uid]).get(uid)
    if item is None:
        return Conflict(uid, "not_there")
    event = erasure.erase(session, item, who.by, moment)
    return conflict(session, item, "moved") if event is None else Decided(uid, event.went_to, event.id)
