"""Clears away what nobody needs any more: published bytes of a version that is over, sessions that have ended,
challenges and invitations that nobody answered, and the words of items that are gone.

A batch at a time, each in a transaction of its own, so that no other write waits long. Harmless twice and at once:
what is gone is gone. Looks that changed nothing are cleared away where they are made (:mod:`workers.settle`), and
pictures by those who fetch them (:mod:`workers.picture`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Engine, delete, select, tuple_
from sqlalchemy.orm import Session

from service.model import Challenge, Invitation, Post, Published, words
from service.model.engine import written
from service.model.session import Session as SignedIn
from service.model.session import over

BATCH = 200
"""Rows that are deleted in one go."""


def tidy(engine: Engine, now: datetime) -> int:
    """Deletes what is not needed at this time; how many rows."""
    written(engine, words.sweep)
    return sum(_all(engine, these) for these in (_published(), *_ended(now)))


def _all(engine: Engine, these: Delete) -> int:
    deleted, last = 0, BATCH
    while last == BATCH:
        last = written(engine, lambda session: _batch(session, these))
        deleted += last
    return deleted


def _batch(session: Session, these: Delete) -> int:
    result: Any = session.execute(these.execution_options(synchronize_session=False))
    return int(result.rowcount)


def _published() -> Delete:
    row = (Published.post_id, Published.view)
    older = select(*row).join(Post, Post.id == Published.post_id).where(Published.version < Post.version).limit(BATCH)
    return delete(Published).where(tuple_(*row).in_(older))


def _ended(now: datetime) -> Iterator[Delete]:
    for key, over_now in (
        (SignedIn.token_hash, over(now)),
        (Challenge.hash, Challenge.until < now),
        (Invitation.id, Invitation.until < now),
    ):
        yield delete(key.class_).where(key.in_(select(key).where(over_now).limit(BATCH)))
