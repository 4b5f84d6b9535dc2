"""Moderators: making them, their passwords, and the first owner of all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.model import Moderator, ModeratorSite, Site
from service.people import passwords, sessions
from service.people.roles import MODERATOR, OWNER
from service.values import clean

LONGEST_NAME = 60
FIRST_NAME = "owner"

_TAKEN_BY_US = re.compile(r"worker|token|sender|source|import|rule( .*)?", re.IGNORECASE)
"""What stands in an event's ``by`` where no person decided."""


class BadModerator(ValueError):
    """Somebody who can't be made, with the sentence that says why."""


def add(session: Session, name: str, role: str, sites: Sequence[Site], password: str, now: datetime) -> Moderator:
    """A new moderator, or :class:`BadModerator`."""
    name = clean.line(name, LONGEST_NAME + 1)
    if not name or len(name) > LONGEST_NAME:
        raise BadModerator(f"a moderator's name has 1 to {LONGEST_NAME} characters")
    if _TAKEN_BY_US.fullmatch(name):
        raise BadModerator(f"{name} is what the record calls the service itself; choose another name")
    if named(session, name) is not None:
        raise BadModerator(f"there is a moderator called {name} already")
    if role == MODERATOR and not sites:
        raise BadModerator(
            "a moderator decides on sites: name at least one with --site, or make an owner with --role owner"
        )
    _good(password, name)
    moderator = Moderator(name=name, role=role, password_hash=passwords.hashed(password), created=now)
    session.add(moderator)
    session.flush()
    for site in sites if role == MODERATOR else ():
        session.add(ModeratorSite(moderator_id=moderator.id, site_id=site.id))
    session.flush()
    return moderator


def named(session: Session, name: str) -> Moderator | None:
    """The moderator of this name; capitals make no difference."""
    wanted = clean.text(name)
    exact = session.scalar(select(Moderator).where(Moderator.name == wanted))
    return exact or session.scalar(select(Moderator).where(func.lower(Moderator.name) == wanted.lower()).limit(1))


def set_password(session: Session, moderator: Moderator, password: str) -> None:
    """A new password; every session of this person ends."""
    _good(password, moderator.name)
    moderator.password_hash = passwords.hashed(password)
    sessions.end_all(session, moderator.id)
    session.flush()


def first_owner(session: Session, now: datetime) -> tuple[str, str] | None:
    """Makes an owner where there is nobody at all: his name and his random password, to be printed locally.

    ``None`` where there is somebody. No page does this: over the network nobody becomes an owner.
    """
    if session.scalar(select(Moderator.id).limit(1)) is not None:
        return None
    password = passwords.random()
    owner = add(session, FIRST_NAME, OWNER, (), password, now)
    return owner.name, password


def _good(password: str, name: str) -> None:
    wrong = passwords.weakness(password, name)
    if wrong == "too_short":
        raise BadModerator(f"a password has at least {passwords.SHORTEST} characters")
    if wrong == "too_long":
        raise BadModerator(f"a password has at most {passwords.LONGEST:,} characters")
    if wrong:
        raise BadModerator("a password can't be the name")
