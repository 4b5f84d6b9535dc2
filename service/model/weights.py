"""Weights: what triage has learned of a site's own decisions, and what the site's owner lets it decide alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from service.decide.precision import Past
from service.decide.triage import VERSION, Model, Wishes
from service.model.base import Base, Moment
from service.model.event import Event
from service.model.insert import insert
from service.values.state import State

HELD = 16
"""Models that a process holds; each takes a quarter of a megabyte."""

FEWEST = 30
"""Decisions of either kind, spam and approved, that are enough to begin with: with fewer its figures are guesses
(docs/triage.md)."""

GROWN = 10
"""It is learned anew when decisions have grown by one in so many."""

DECIDED = (State.APPROVED, State.REJECTED, State.SPAM)
NOBODY = ("worker", "triage", "token")
"""Who decides and is no person; rules have seen nothing."""


class Weights(Base):
    """What was learned of one site's decisions, the last time."""

    __tablename__ = "weights"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    learned: Mapped[datetime] = mapped_column(Moment)
    decisions: Mapped[int] = mapped_column()
    """Decisions of people from which it was learned."""
    last_event: Mapped[int] = mapped_column()
    """The newest of them."""
    version: Mapped[int] = mapped_column()
    """Of the traits (:data:`service.decide.triage.VERSION`)."""
    digest: Mapped[str] = mapped_column(String(32))
    bias: Mapped[float] = mapped_column()
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    past: Mapped[dict[str, Any]] = mapped_column(JSON)
    """How often it would have been right at each probability, on decisions that it had not learned from:
    ``{"spam": [[0.9, of, right], …], "approved": …}``."""


class Triage(Base):
    """What an owner wants of triage on one site."""

    __tablename__ = "triage"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    as_spam: Mapped[float | None] = mapped_column()
    """The probability from which it decides alone that an item is spam."""
    as_good: Mapped[float | None] = mapped_column()
    """The probability to which it approves one alone."""
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when there is something new to learn."""
    changed: Mapped[datetime | None] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(Text, default="")

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.as_spam, self.as_good)


PastAt = Mapping[State, Mapping[float, Past]]
"""Where triage would have put items, and for each probability how often that was right."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a worker needs to weigh a site's items."""

    model: Model
    wishes: Wishes
    past: PastAt


_weights, _triage = Weights.__table__, Triage.__table__
_OF = (
    select(_weights.c.digest, _weights.c.bias, _weights.c.past, _triage.c.as_spam, _triage.c.as_good)
    .join_from(_weights, _triage, _triage.c.site_id == _weights.c.site_id, isouter=True)
    .where(_weights.c.site_id == bindparam("site_id"), _weights.c.version == VERSION)
)
_BODY = select(_weights.c.body).where(
    _weights.c.site_id == bindparam("site_id"), _weights.c.digest == bindparam("digest")
)

_held: dict[str, Model] = {}


def learned(session: Session, site_id: int) -> Learned | None:
    """What is known to weigh this site's items with; ``None`` where nothing was learned yet."""
    row = session.execute(_OF, {"site_id": site_id}).first()
    model = _model(session, site_id, row.digest, row.bias) if row is not None else None
    if row is None or model is None:
        return None
    return Learned(model, Wishes(row.as_spam, row.as_good), past_of(row.past))


def keep(session: Session, site_id: int, model: Model, past: PastAt, decisions: int, last: int, now: datetime) -> None:
    """Keeps what was learned instead of what was learned before."""
    body = model.body
    digest = hashlib.sha256(f"{model.bias!r}".encode() + body).hexdigest()[:32]
    kept = {str(to): [[at, seen.of, seen.right] for at, seen in some.items()] for to, some in past.items()}
    values = {"learned": now, "decisions": decisions, "last_event": last, "version": VERSION, "past": kept}
    session.merge(Weights(site_id=site_id, digest=digest, bias=model.bias, body=body, **values))


def past_of(kept: Mapping[str, Any]) -> PastAt:
    """The past as it is kept."""
    return {State(to): {at: Past(of, right) for at, of, right in some} for to, some in kept.items()}


def by_a_person() -> ColumnElement[bool]:
    """Whether an event is somebody's own decision about what he had seen: no rule's, script's or worker's, and nothing
    that was put back."""
    return Event.seen.is_not(None) & Event.went_to.in_(DECIDED) & Event.by.not_in(NOBODY)


def grown(session: Session) -> Sequence[int]:
    """The sites whose decisions have grown by a tenth since they were learned, or are enough to begin with."""

    def of(state: State) -> ColumnElement[Any]:
        return func.sum(case((Event.went_to == state, 1), else_=0))

    newer = _weights.c.last_event.is_(None) | (Event.id > _weights.c.last_event)
    current = (_weights.c.site_id == Event.site_id) & (_weights.c.version == VERSION)
    rows = session.execute(
        select(Event.site_id, _weights.c.decisions, func.count(), of(State.SPAM), of(State.APPROVED))
        .join_from(Event, _weights, current, isouter=True)
        .where(by_a_person(), newer)
        .group_by(Event.site_id, _weights.c.decisions)
        .order_by(Event.site_id)
    )
    return [site for site, known, new, spam, good in rows if _is_worth_it(known, new, min(spam, good))]


def want(session: Session, sites: Iterable[int], now: datetime) -> None:
    """Has these sites' decisions learned as soon as somebody comes to it."""
    for site_id in sites:
        wanted = insert(session, Triage).values(site_id=site_id, due_at=now, changed_by="")
        session.execute(wanted.on_conflict_do_update(index_elements=["site_id"], set_={"due_at": now}))


def due(session: Session) -> Sequence[int]:
    """The sites whose decisions are to be learned."""
    return session.scalars(select(Triage.site_id).where(Triage.due_at.is_not(None)).order_by(Triage.due_at)).all()


def done(session: Session, sites: Sequence[int]) -> None:
    """Nothing is to be learned of these sites any more, for now."""
    session.execute(update(Triage).where(Triage.site_id.in_(sites)).values(due_at=None))


def _is_worth_it(known: int | None, new: int, fewest: int) -> bool:
    return new * GROWN >= known if known is not None else fewest >= FEWEST


def _model(session: Session, site_id: int, digest: str, bias: float) -> Model | None:
    if digest not in _held:
        body = session.execute(_BODY, {"site_id": site_id, "digest": digest}).scalar()
        if body is None:  # learned anew between both queries: the next item finds it
            return None
        if len(_held) >= HELD:
            _held.clear()
        _held[digest] = Model.from_bytes(bias, body)
    return _held.get(digest)
