"""The table of steps, and :func:`step`: the only code that changes a reflection's state.

One conditional UPDATE, one event, one transaction: of two who decide at once, one is told ``None``. Whoever changes
what is public raises the post's version in the same transaction, so no reader can be left with an older thread.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Table, Update, bindparam, update
from sqlalchemy.orm import Session

from service.decide.schedule import next_look
from service.model import picture
from service.model.event import Event
from service.model.post import publish
from service.model.reflection import Reflection
from service.values.state import DECIDABLE, State

_BY_RULE = frozenset({State.PENDING, State.APPROVED, State.SPAM, State.FAILED})

STEPS: Mapping[State, frozenset[State]] = MappingProxyType({
    State.RECEIVED: _BY_RULE | {State.ERASED},
    State.PENDING: DECIDABLE | {State.GONE, State.FAILED, State.ERASED},
    State.APPROVED: DECIDABLE | {State.GONE, State.FAILED, State.ERASED},
    State.REJECTED: DECIDABLE | {State.GONE, State.FAILED, State.ERASED},
    State.SPAM: DECIDABLE | {State.GONE, State.FAILED, State.ERASED},
    State.FAILED: frozenset({State.RECEIVED, State.APPROVED, State.ERASED}),
    State.GONE: frozenset({State.PENDING, State.ERASED}),
    State.ERASED: frozenset(),
})  # fmt: skip
"""From where to where. A state may also be confirmed: a look that changes nothing."""


_reflection = cast(Table, Reflection.__table__)


@dataclass(frozen=True, slots=True)
class Step:
    """One change that somebody wants: from what he saw, to where, and what he saw of it."""

    came_from: State
    to: State
    by: str
    seen: int | None = None
    """The newest revision that whoever decides has looked at; ``None`` where nobody looked."""
    show: int | None = None
    """The revision to show; ``None`` leaves what is shown."""
    picture: str | None = None
    """The hash of the picture that whoever decides saw beside it; no other comes up with it."""
    lease: str | None = None
    """The token under which a worker holds the item; ``None`` for everybody else."""
    reason: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Further columns that change in the same stroke."""
    details: Mapping[str, Any] | None = None
    batch: int | None = None
    """The batch in which it is one of many."""
    rule: int | None = None
    """The rule that wants it."""
    restores: Mapping[str, Any] | None = None
    """What stood in an event as ``before``, where that is put back."""

    @property
    def allowed(self) -> bool:
        return self.to is self.came_from or self.to in STEPS[self.came_from]


def step(session: Session, item: Reflection, wanted: Step, now: datetime) -> Event | None:
    """Changes the state as ``wanted``, and gives the event; ``None`` when the step is not allowed or someone was
    quicker: the item is no longer in ``came_from``, under this lease, or has a newer revision than ``seen``."""
    event = step_of_many(session, item, wanted, now)
    if event is not None:
        session.flush()
        session.expire(item)
    return event


def step_of_many(session: Session, item: Reflection, wanted: Step, now: datetime) -> Event | None:
    """The same for whoever takes many steps in one transaction: their events are written together, when the session
    writes next, and have no number before. ``item`` stays as it was read."""
    if not wanted.allowed:
        return None
    showed = item.shown if wanted.came_from is State.APPROVED else None
    shows = (wanted.show or item.shown) if wanted.to is State.APPROVED else None
    where: dict[str, Any] = {"id": item.id, "state": wanted.came_from}
    if wanted.seen is not None:
        where["latest"] = wanted.seen
    if wanted.lease is not None:
        where["lease"] = wanted.lease
    values: dict[str, Any] = {"state": wanted.to, **_looks(item, wanted, now), **_ruled(wanted)}
    if wanted.show is not None:
        values["shown"] = wanted.show
    if wanted.seen is not None:
        values["decided"] = wanted.seen
    values |= {**_restored(wanted), **wanted.values}
    changed = session.execute(_change(*where), values | {f"is_{column}": value for column, value in where.items()})
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    if _pictured(session, item, wanted, showed, shows) or showed != shows:
        publish(session, [item.post_id])
    event = Event(
        site_id=item.site_id,
        reflection_id=item.id,
        at=now,
        by=wanted.by,
        came_from=wanted.came_from,
        went_to=wanted.to,
        seen=wanted.seen,
        reason=wanted.reason,
        details=dict(wanted.details) if wanted.details else None,
        batch_id=wanted.batch,
    )
    session.add(event)
    return event


@cache
def _change(*columns: str) -> Update:
    """The UPDATE of the item where these columns are what is given as ``is_…``; what it sets, its parameters name.

    Built once, because building one takes longer than running it.
    """
    return update(_reflection).where(*(_reflection.c[column] == bindparam(f"is_{column}") for column in columns))


def as_it_was(session: Session, item: Reflection) -> dict[str, Any]:
    """What of an item stands in an event's details as ``before``: its step can be taken back to exactly there."""
    before: dict[str, Any] = {"shown": item.shown, "decided": item.decided, "rule": item.rule_id}
    if item.state is State.APPROVED and item.shown is not None:
        moments = {"approved": item.approved, "again_at": item.again_at}
        before |= {name: moment.isoformat() if moment else None for name, moment in moments.items()}
        before["portrait"], before["welcome"] = picture.pinned(session, item.id, item.shown)
    return before


def _restored(wanted: Step) -> dict[str, Any]:
    before = wanted.restores
    if before is None:
        return {}
    moments = {name: before[name] for name in ("approved", "again_at") if name in before}
    values = {"shown": before["shown"], "decided": before["decided"], "rule_id": before.get("rule")}
    return values | {name: datetime.fromisoformat(moment) if moment else None for name, moment in moments.items()}


def _pictured(session: Session, item: Reflection, wanted: Step, showed: int | None, shows: int | None) -> bool:
    """Lets readers see the author's picture that goes with what they see from now on; whether that changes anything."""
    if shows is None:
        return False
    if wanted.restores is not None and "portrait" in wanted.restores:
        return picture.put_back(session, item.id, shows, wanted.restores["portrait"], wanted.restores["welcome"])
    if showed == shows:
        return wanted.picture is not None and picture.add(session, item.id, shows, wanted.picture)
    # Only rules approve under a worker's lease.
    if wanted.lease is not None:
        return picture.welcome(session, item.id, shows)
    return picture.pin(session, item.id, shows, wanted.picture)


def _looks(item: Reflection, wanted: Step, now: datetime) -> dict[str, Any]:
    """What is up is looked at again by itself, from when it was approved; nothing else is. A comment has no source."""
    if wanted.to is wanted.came_from:
        return {}
    if wanted.to is not State.APPROVED:
        return {"again_at": None}
    chance = random.random()  # noqa: S311
    return {"approved": now, "again_at": next_look(now, now, chance) if item.source else None}


def _ruled(wanted: Step) -> dict[str, Any]:
    """Whoever decides takes the place of the rule by which an item was where it was."""
    decides = wanted.to is not wanted.came_from or wanted.seen is not None or wanted.show is not None
    return {"rule_id": wanted.rule} if decides else {}
