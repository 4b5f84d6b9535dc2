"""Decisions: what a moderator, or a script with a site's token, wants of an item that he has before him.

The dashboard and the API both come here. Each decision is one :func:`service.model.states.step` from the state and
the newest revision that were on the screen, on a locked row: who comes second is told who was quicker, and when.
What an item was before stands in the decision's event, so that it can be taken back to exactly there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.model import Event, Reflection, Revision, undoing
from service.model.host import let_be_asked
from service.model.post import look_again
from service.model.states import Step, as_it_was, step
from service.moderate.by_hand import known_words, sent_with
from service.moderate.item import Sent, readable
from service.people.roles import Reach
from service.values import clean
from service.values.address import stored
from service.values.portrait import is_hash
from service.values.state import DECIDABLE, State

BY_HAND: Mapping[State, frozenset[State]] = MappingProxyType(
    dict.fromkeys(DECIDABLE, DECIDABLE) | {State.FAILED: frozenset({State.RECEIVED, State.APPROVED})}
)
"""From where to where a person may move an item; back to ``failed`` only by undoing."""

LONGEST_WORDS = 1000

Why = Literal["not_there", "moved", "newer", "not_allowed", "no_revision"]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: how the record calls him, and on which sites he may."""

    by: str
    reach: Reach
    batch: int | None = None
    """The batch that all of it belongs to, if it is one."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody wants of an item, and what of it was before him."""

    uid: str
    came_from: State
    to: State
    seen: int | None
    """The newest revision that he has seen; ``None`` where the item had none."""
    show: int | None = None
    """An older revision to show instead."""
    words: str = ""
    """Why, in his own words."""
    beside: str = ""
    """What else he has seen of it (:attr:`service.moderate.item.Item.beside`)."""


@dataclass(frozen=True, slots=True)
class Decided:
    """It was done, and this event says so."""

    uid: str
    state: State
    event: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """It was not done: why, what the item is now, and who made it so, when."""

    uid: str
    why: Why
    state: State | None = None
    by: str | None = None
    at: datetime | None = None
    went_to: State | None = None


Result = Decided | Conflict


def decide(session: Session, decider: Decider, decisions: Sequence[Decision], now: datetime) -> list[Result]:
    """A result for each decision, in their order; one that can't be done keeps none of the others."""
    items = locked(session, decider.reach, (decision.uid for decision in decisions))
    return [_one(session, decider, items.get(decision.uid), decision, now) for decision in decisions]


def undo(session: Session, decider: Decider, event_id: int, now: datetime) -> Result:
    """Takes a decision back: the item is again where it was, unless something happened to it since."""
    event = session.scalar(select(Event).where(Event.id == event_id, decider.reach(Event.site_id)))
    if event is None:
        return Conflict("", "not_there")
    item = session.get_one(Reflection, event.reflection_id, with_for_update=True, populate_existing=True)
    if item.state is State.ERASED:
        return Conflict(item.uid, "not_there")
    undone = undoing.take_back(session, item, event, decider.by, decider.batch, now)
    return Decided(item.uid, item.state, undone.id) if isinstance(undone, Event) else conflict(session, item, undone)


def check_again(session: Session, decider: Decider, uid: str, now: datetime) -> Result:
    """Has a linkback's source visited anew, whatever its state; only one that failed changes it. What comes of the
    visit, the source says: there is nothing to take back."""
    item = locked(session, decider.reach, [uid]).get(uid)
    if item is None:
        return Conflict(uid, "not_there")
    if item.source is None:
        return conflict(session, item, "not_allowed")
    to = State.RECEIVED if item.state is State.FAILED else item.state
    values = _due_anew(session, item, now)
    event = step(session, item, Step(item.state, to, decider.by, values=values, details={"again": True}), now)
    return conflict(session, item, "moved") if event is None else Decided(item.uid, item.state, event.id)


def locked(session: Session, reach: Reach, uids: Iterable[str]) -> dict[str, Reflection]:
    """The items of these ids that are in reach and not erased, as they are now, until the transaction ends."""
    wanted = sorted({uid for uid in uids if readable(uid)})
    found = session.scalars(
        select(Reflection)
        .where(Reflection.uid.in_(wanted), reach(Reflection.site_id), Reflection.state != State.ERASED)
        .order_by(Reflection.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {item.uid: item for item in found}


def _one(session: Session, decider: Decider, item: Reflection | None, decision: Decision, now: datetime) -> Result:
    if item is None:
        return Conflict(decision.uid, "not_there")
    if item.state is not decision.came_from:
        return conflict(session, item, "moved")
    if item.latest != decision.seen:
        return conflict(session, item, "newer")
    if decision.to is State.FAILED:
        return _back_to_failed(session, decider, item, now)
    if decision.to not in BY_HAND.get(item.state, ()):
        return conflict(session, item, "not_allowed")
    if decision.show is not None and not _has(session, item, decision.show):
        return conflict(session, item, "no_revision")
    if decision.to is State.APPROVED and (unseen := _unseen(session, item, decision)) is not None:
        return Conflict(item.uid, "newer", item.state, "source", unseen.at)
    event = step(session, item, _step(session, decider, item, decision, now), now)
    return conflict(session, item, "moved") if event is None else Decided(item.uid, item.state, event.id)


def _step(session: Session, decider: Decider, item: Reflection, decision: Decision, now: datetime) -> Step:
    """The step that a decision asks for; what it needs beside is made here."""
    details: dict[str, Any] = {"before": as_it_was(session, item)}
    values: dict[str, Any] = {}
    show = None
    if decision.to is State.RECEIVED:
        # Nothing is taken back here: what comes of it, the source says.
        details = {}
        values = _due_anew(session, item, now)
    elif decision.to is State.APPROVED and item.latest is None:
        show = known_words(session, item, now)
        values = {"latest": show, "decided": show}
        details["made"] = show
    elif decision.to is State.APPROVED:
        show = decision.show or decision.seen
    words = clean.text(decision.words).strip()[:LONGEST_WORDS]
    if words:
        details["words"] = words
    if show is not None:
        details["show"] = show
    return Step(
        came_from=decision.came_from,
        to=decision.to,
        by=decider.by,
        seen=decision.seen,
        show=show,
        picture=decision.beside if decision.show is None and is_hash(decision.beside) else None,
        values=values,
        details=details,
        batch=decider.batch,
    )


def _unseen(session: Session, item: Reflection, decision: Decision) -> Sent | None:
    """The words that an item of which nothing was read would get, where he has not seen them."""
    sent = sent_with(session, item) if item.latest is None else None
    return sent if sent is not None and str(sent.number) != decision.beside else None


def _due_anew(session: Session, item: Reflection, now: datetime) -> dict[str, Any]:
    """The columns of an item that is to be visited now, with all attempts before it; whom it asks is asked."""
    if item.post.exists is not True:
        look_again(session, item.post, now)
    if source := stored(item.source):
        let_be_asked(session, source)
    return {"due_at": now, "attempts": 0, "deaths": 0, "lease": None, "leased_until": None}


def _back_to_failed(session: Session, decider: Decider, item: Reflection, now: datetime) -> Result:
    """``failed`` again, where the last that stands is that it was approved by hand."""
    last = undoing.standing(session, item)
    if last is None or last.came_from is not State.FAILED:
        return conflict(session, item, "not_allowed")
    return undo(session, decider, last.id, now)


def _has(session: Session, item: Reflection, number: int) -> bool:
    query = select(Revision.id).where(Revision.reflection_id == item.id, Revision.number == number)
    return session.scalar(query) is not None


def conflict(session: Session, item: Reflection, why: Why) -> Conflict:
    """What the item is, that somebody wanted something else of, and who made it so."""
    if why == "newer" and item.latest is not None:
        newest = session.scalar(
            select(Revision).where(Revision.reflection_id == item.id, Revision.number == item.latest)
        )
        if newest is not None:
            return Conflict(item.uid, why, item.state, newest.made_by, newest.made)
    last = undoing.last_move(session, item)
    if last is None:
        return Conflict(item.uid, why, item.state)
    return Conflict(item.uid, why, item.state, last.by, last.at, last.went_to)
