"""The table of steps, and :func:`step`: the only code that changes a reflection's state.

One conditional UPDATE, one event, one transaction: of two who decide at once, one is told ``None``. Whoever changes
what is public raises the post's version in the same transaction, so no reader can be left with an older thread.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.decide.schedule import next_look
from service.model import picture
from service.model.event import Event
from service.model.post import Post
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
    lease: str | None = None
    """The token under which a worker holds the item; ``None`` for everybody else."""
    reason: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Further columns that change in the same stroke."""
    details: Mapping[str, Any] | None = None

    @property
    def allowed(self) -> bool:
        return self.to is self.came_from or self.to in STEPS[self.came_from]


def step(session: Session, item: Reflection, wanted: Step, now: datetime) -> Event | None:
    """Changes the state as ``wanted``, and gives the event; ``None`` when the step is not allowed or someone was
    quicker: the item is no longer in ``came_from``, under this lease, or has a newer revision than ``seen``."""
    if not wanted.allowed:
        return None
    showed = item.shown if wanted.came_from is State.APPROVED else None
    shows = (wanted.show or item.shown) if wanted.to is State.APPROVED else None
    where = [Reflection.id == item.id, Reflection.state == wanted.came_from]
    if wanted.seen is not None:
        where.append(Reflection.latest == wanted.seen)
    if wanted.lease is not None:
        where.append(Reflection.lease == wanted.lease)
    values: dict[str, Any] = {"state": wanted.to, **_looks(item, wanted, now), **wanted.values}
    if wanted.show is not None:
        values["shown"] = wanted.show
    if wanted.seen is not None:
        values["decided"] = wanted.seen
    changed = session.execute(
        update(Reflection).where(*where).values(values).execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    chosen = wanted.show is not None or wanted.to is not wanted.came_from
    # Only rules approve under a worker's lease.
    pictured = shows is not None and chosen and picture.pin(session, item.id, shows, welcome=wanted.lease is not None)
    if showed != shows or pictured:
        publish(session, item.post_id)
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
    )
    session.add(event)
    session.flush()
    session.refresh(item)
    return event


def _looks(item: Reflection, wanted: Step, now: datetime) -> dict[str, Any]:
    """What is up is looked at again by itself, from when it was approved; nothing else is. A comment has no source."""
    if wanted.to is wanted.came_from:
        return {}
    if wanted.to is not State.APPROVED:
        return {"again_at": None}
    chance = random.random()  # noqa: S311
    return {"approved": now, "again_at": next_look(now, now, chance) if item.source else None}


def publish(session: Session, post_id: int) -> None:
    """Ends the post's published version: the next reader gets what is public now."""
    session.execute(
        update(Post)
        .where(Post.id == post_id)
        .values(version=Post.version + 1)
        .execution_options(synchronize_session="fetch")
    )
