"""A person's passkeys: kept with a name, listed, used to sign in, removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from service.model import Moderator, Passkey
from service.model.insert import insert
from service.people.ceremony import Made
from service.values import clean

MOST = 20
"""Passkeys of one person."""

LONGEST_NAME = 60


class LastWayIn(Exception):
    """Without this passkey its person could not sign in any more."""


def of(session: Session, moderator_id: int) -> Sequence[Passkey]:
    """Those of one person, the oldest first."""
    return session.scalars(select(Passkey).where(Passkey.moderator_id == moderator_id).order_by(Passkey.id)).all()


def keep(session: Session, moderator_id: int, made: Made, name: str, now: datetime) -> bool:
    """Whether it is kept. A passkey that somebody has already is not, and no more than :data:`MOST`."""
    if session.scalar(select(func.count()).where(Passkey.moderator_id == moderator_id)) >= MOST:  # type: ignore[operator]
        return False
    new = insert(session, Passkey).values(
        moderator_id=moderator_id,
        credential=made.credential,
        public_key=made.public_key,
        count=made.count,
        name=clean.line(name, LONGEST_NAME),
        created=now,
    )
    return session.scalar(new.on_conflict_do_nothing().returning(Passkey.id)) is not None


def find(session: Session, credential: bytes) -> tuple[Passkey, Moderator] | None:
    """The passkey of this id, with its person."""
    found = session.execute(
        select(Passkey, Moderator)
        .join(Moderator, Moderator.id == Passkey.moderator_id)
        .where(Passkey.credential == credential)
    ).first()
    return (found[0], found[1]) if found else None


def used(session: Session, passkey_id: int, before: int, count: int, now: datetime) -> bool:
    """Notes the counter; ``False`` where another sign-in has moved it meanwhile."""
    this = update(Passkey).where(Passkey.id == passkey_id, Passkey.count == before).returning(Passkey.id)
    return session.scalar(this.values(count=count, used=now)) is not None


def rename(session: Session, moderator_id: int, passkey_id: int, name: str) -> None:
    """Gives one's own passkey another name; an empty one is none."""
    if name := clean.line(name, LONGEST_NAME):
        mine = (Passkey.id == passkey_id, Passkey.moderator_id == moderator_id)
        session.execute(update(Passkey).where(*mine).values(name=name))


def remove(session: Session, moderator_id: int, passkey_id: int) -> None:
    """Removes one's own passkey, or :class:`LastWayIn`."""
    # The row of the person is locked, so that two who remove the last two at once are one after the other.
    person = session.scalars(select(Moderator).where(Moderator.id == moderator_id).with_for_update()).one()
    others = select(func.count()).where(Passkey.moderator_id == moderator_id, Passkey.id != passkey_id)
    if person.password_hash is None and not session.scalar(others):
        raise LastWayIn
    session.execute(delete(Passkey).where(Passkey.id == passkey_id, Passkey.moderator_id == moderator_id))
