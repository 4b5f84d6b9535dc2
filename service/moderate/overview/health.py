"""Whether what is to be done is being done: workers, what is due and for how long, and who does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.model import Origin, Reflection, Told
from service.people.roles import Reach

LATE = timedelta(minutes=10)
"""What is due for longer than that is stuck: it should have been looked at long ago."""

COUNTED = 1000
HOSTS = 10


@dataclass(frozen=True, slots=True)
class Health:
    """How the work stands."""

    workers: int | None
    """How many there are; ``None`` where Redis, which knows it, is away."""
    due: int
    """Items that are to be looked at now, counted up to :data:`COUNTED`."""
    stuck: int
    """Those among them that are late."""
    oldest: datetime | None
    silent: Sequence[tuple[str, str, datetime]]
    """Hosts that do not answer, for owners: where, why (a reason's code), and until when they are left alone."""
    unmailed: int
    """People whose mail the server does not take, for owners."""

    @property
    def well(self) -> bool:
        return bool(self.workers) and not self.stuck and not self.unmailed


def health(session: Session, reach: Reach, connection: redis.Redis, owner: bool, now: datetime) -> Health:
    """How the work on one's sites stands now."""
    due = select(Reflection.id).where(Reflection.due_at <= now, reach(Reflection.site_id)).limit(COUNTED).subquery()
    late = select(Reflection.id).where(Reflection.due_at <= now - LATE, reach(Reflection.site_id))
    oldest = select(Reflection.due_at).where(Reflection.due_at <= now, reach(Reflection.site_id))
    unmailed = session.scalar(select(func.count()).select_from(Told).where(Told.attempts > 0)) if owner else 0
    return Health(
        workers=_workers(connection),
        due=session.scalar(select(func.count()).select_from(due)) or 0,
        stuck=session.scalar(select(func.count()).select_from(late.limit(COUNTED).subquery())) or 0,
        oldest=session.scalar(oldest.order_by(Reflection.due_at).limit(1)),
        silent=_silent(session, now) if owner else (),
        unmailed=unmailed or 0,
    )


def _workers(connection: redis.Redis) -> int | None:
    try:
        return int(str(connection.scard("rq:workers")))
    except redis.RedisError:
        return None


def _silent(session: Session, now: datetime) -> Sequence[tuple[str, str, datetime]]:
    query = select(Origin.name, Origin.reason, Origin.rests_until).where(Origin.rests_until > now)
    rows = session.execute(query.order_by(Origin.rests_until.desc()).limit(HOSTS)).all()
    return [(name, reason, until) for name, reason, until in rows]
