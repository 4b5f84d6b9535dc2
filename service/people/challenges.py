"""Challenges: random bytes to sign, kept here, good for five minutes, for one purpose and for one answer."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.model import Challenge
from service.model.site import hashed
from service.people.ceremony import PATIENCE

SPAN = timedelta(seconds=PATIENCE)
SIGN_IN = "sign-in"


def of_person(moderator_id: int) -> str:
    """The purpose: a further passkey of this person."""
    return f"person {moderator_id}"


def of_invitation(invitation_id: int) -> str:
    """The purpose: the first passkey of whoever was invited."""
    return f"invitation {invitation_id}"


def give(session: Session, purpose: str, now: datetime) -> bytes:
    """A new one; :mod:`workers.tidy` clears away those that nobody answers."""
    challenge = secrets.token_bytes(32)
    session.add(Challenge(hash=hashed(challenge.hex()), purpose=purpose, until=now + SPAN))
    session.flush()
    return challenge


def take(session: Session, challenge: bytes, purpose: str, now: datetime) -> bool:
    """Whether this was asked for this purpose, lately, and answered for the first time. Either way it is spent."""
    mine = delete(Challenge).where(Challenge.hash == hashed(challenge.hex()))
    found = session.execute(mine.returning(Challenge.purpose, Challenge.until)).first()
    # One that ends later than any may was given while the clock was wrong.
    return found is not None and found[0] == purpose and now <= found[1] <= now + SPAN
