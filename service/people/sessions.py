"""Sessions: one row for each browser that signed in, so that ending one really ends it.

The cookie holds 256 random bits and nothing else; the database keeps their hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.model import Moderator
from service.model.session import IDLE, LONGEST, over
from service.model.session import Session as SignedIn
from service.model.site import hashed
from service.people.browsers import Browser

_NOTED = timedelta(minutes=5)
"""A request within so short a time is not written down; and so far two clocks may be apart."""


def begin(session: Session, moderator_id: int, browser: Browser, now: datetime) -> str:
    """The token of a new session; the sessions of this person that are over are cleared away."""
    session.execute(delete(SignedIn).where(SignedIn.moderator_id == moderator_id, over(now)))
    token = secrets.token_urlsafe(32)
    session.add(
        SignedIn(
            token_hash=hashed(token),
            moderator_id=moderator_id,
            csrf=secrets.token_urlsafe(24),
            created=now,
            seen=now,
            browser=browser.name,
            system=browser.system,
            network=browser.network,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, now: datetime) -> tuple[SignedIn, Moderator] | None:
    """The living session of this token, with its person. The look-up is by hash: its time tells nothing."""
    found = session.execute(
        select(SignedIn, Moderator)
        .join(Moderator, Moderator.id == SignedIn.moderator_id)
        .where(SignedIn.token_hash == hashed(token))
    ).first()
    if found is None or not lives(found[0], now):
        return None
    return found[0], found[1]


def lives(one: SignedIn, now: datetime) -> bool:
    """Whether a session is still good. One that was used in the future is not: the clock has jumped."""
    idle, age = now - one.seen, now - one.created
    return -_NOTED <= idle <= IDLE and -_NOTED <= age <= LONGEST


def stale(one: SignedIn, now: datetime) -> bool:
    """Whether it is time to note that the session was used."""
    return now - one.seen > _NOTED


def note(session: Session, token_hash: str, now: datetime) -> None:
    """Notes that the session was used just now."""
    session.execute(update(SignedIn).where(SignedIn.token_hash == token_hash).values(seen=now))


def end(session: Session, token: str) -> None:
    """Ends one session: its cookie is worth nothing from here on."""
    session.execute(delete(SignedIn).where(SignedIn.token_hash == hashed(token)))


def living(session: Session, moderator_id: int, now: datetime) -> Sequence[SignedIn]:
    """Those of a person that are good now, the one that was used last first."""
    mine = select(SignedIn).where(SignedIn.moderator_id == moderator_id).order_by(SignedIn.seen.desc())
    return [one for one in session.scalars(mine) if lives(one, now)]


def end_one(session: Session, moderator_id: int, token_hash: str) -> None:
    """Ends one session of a person, which the hash names."""
    session.execute(delete(SignedIn).where(SignedIn.moderator_id == moderator_id, SignedIn.token_hash == token_hash))


def end_others(session: Session, moderator_id: int, token: str) -> None:
    """Ends every session of a person but this."""
    others = (SignedIn.moderator_id == moderator_id, SignedIn.token_hash != hashed(token))
    session.execute(delete(SignedIn).where(*others))


def end_all(session: Session, moderator_id: int) -> None:
    """Ends every session of a person, on all his devices."""
    session.execute(delete(SignedIn).where(SignedIn.moderator_id == moderator_id))
