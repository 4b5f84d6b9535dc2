"""Moderators: making them, what they may, their passwords, and that there is always an owner."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.model import Invitation, Moderator, ModeratorSite, Site
from service.people import passwords, sessions
from service.people.roles import MODERATOR, OWNER
from service.values import clean

LONGEST_NAME = 60
FIRST_NAME = "owner"

_TAKEN_BY_US = re.compile(r"worker|triage|token|sender|source|writer|import|rule( .*)?", re.IGNORECASE)
"""What stands in an event's ``by`` where no person decided."""


class BadModerator(ValueError):
    """What can't be done with somebody: a ``code`` for pages, and the sentence that says why for the command line."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class NoOwner(Exception):
    """Who asks for this is no owner, or not any more."""


def add(
    session: Session, name: str, role: str, sites: Sequence[Site], password: str | None, now: datetime
) -> Moderator:
    """A new moderator, or :class:`BadModerator`; without a password one who has a passkey."""
    name = good_name(session, name)
    if role == MODERATOR and not sites:
        raise BadModerator(
            "sites", "a moderator decides on sites: name at least one with --site, or make an owner with --role owner"
        )
    if password is not None:
        _good(password, name)
    kept = None if password is None else passwords.hashed(password)
    moderator = Moderator(name=name, role=role, password_hash=kept, created=now)
    session.add(moderator)
    try:
        session.flush()
    except IntegrityError:
        raise BadModerator("taken", f"{name} was taken by somebody else just now") from None
    _give(session, moderator, sites)
    return moderator


def good_name(session: Session, name: str) -> str:
    """The name as it is kept, or :class:`BadModerator` where nobody new can have it."""
    name = clean.line(name, LONGEST_NAME + 1)
    if not name or len(name) > LONGEST_NAME:
        raise BadModerator("name", f"a moderator's name has 1 to {LONGEST_NAME} characters")
    if _TAKEN_BY_US.fullmatch(name):
        raise BadModerator("ours", f"{name} is what the record calls the service itself; choose another name")
    if named(session, name) is not None:
        raise BadModerator("taken", f"there is a moderator called {name} already")
    return name


def named(session: Session, name: str) -> Moderator | None:
    """The moderator of this name; capitals make no difference."""
    wanted = clean.text(name)
    exact = session.scalar(select(Moderator).where(Moderator.name == wanted))
    return exact or session.scalar(select(Moderator).where(func.lower(Moderator.name) == wanted.lower()).limit(1))


def still(session: Session, moderator_id: int, password_hash: str | None) -> int | None:
    """The id of somebody who is there, with this password, until the transaction ends; else ``None``."""
    this = select(Moderator.id).where(Moderator.id == moderator_id, Moderator.password_hash == password_hash)
    return session.scalar(this.with_for_update(read=True))


def sites_of_role(session: Session, role: str, sites: Collection[int]) -> Sequence[Site]:
    """Those of the sites that there are, where the role has sites at all; or :class:`BadModerator`."""
    if role != MODERATOR:
        return ()
    found = session.scalars(select(Site).where(Site.id.in_(sites)).order_by(Site.id)).all()
    if not found:
        raise BadModerator("sites", "a moderator decides on sites: choose at least one")
    return found


def as_owner(session: Session, moderator_id: int) -> Moderator:
    """This person, who is an owner until the transaction ends, as are all other owners now; or :class:`NoOwner`.

    All owners' rows are locked, in one order: of two owners who remove each other one comes second, and finds himself
    the last, or gone.
    """
    every = select(Moderator).where(Moderator.role == OWNER).order_by(Moderator.id).with_for_update()
    found = next((one for one in session.scalars(every) if one.id == moderator_id), None)
    if found is None:
        raise NoOwner
    return found


def change(session: Session, owner_id: int, moderator_id: int, role: str, sites: Collection[int]) -> Moderator | None:
    """What an owner lets somebody be from here on; a new role ends that person's sessions. ``None``: there is nobody.

    Raises :class:`NoOwner`, or :class:`BadModerator`, as the last owner stays one.
    """
    as_owner(session, owner_id)
    one = session.get(Moderator, moderator_id)
    if one is None:
        return None
    chosen = sites_of_role(session, role, sites)
    if one.role != role:
        _not_the_last_owner(session, one)
        one.role = role
        sessions.end_all(session, one.id)
        _withdraw(session, one)
    session.execute(delete(ModeratorSite).where(ModeratorSite.moderator_id == one.id))
    _give(session, one, chosen)
    return one


def remove(session: Session, owner_id: int, moderator_id: int) -> Moderator | None:
    """Has an owner remove somebody, with sessions, passkeys and invitations; what he decided stays. ``None``: there is
    nobody. Raises :class:`NoOwner`, or :class:`BadModerator`, as the last owner stays.
    """
    as_owner(session, owner_id)
    one = session.get(Moderator, moderator_id)
    if one is None:
        return None
    _not_the_last_owner(session, one)
    _withdraw(session, one)
    session.execute(delete(Moderator).where(Moderator.id == one.id))
    session.expunge(one)
    return one


def set_password(session: Session, moderator: Moderator, password: str) -> None:
    """A new password; every session of this person ends."""
    _good(password, moderator.name)
    moderator.password_hash = passwords.hashed(password)
    sessions.end_all(session, moderator.id)
    session.flush()


def first_owner(session: Session, now: datetime) -> tuple[str, str] | None:
    """Makes an owner where there is nobody at all: his name and his random password, to be printed locally.

    ``None`` where there is somebody. No page does this: over the network nobody becomes an owner uninvited.
    """
    if session.scalar(select(Moderator.id).limit(1)) is not None:
        return None
    password = passwords.random()
    owner = add(session, FIRST_NAME, OWNER, (), password, now)
    return owner.name, password


def _give(session: Session, moderator: Moderator, sites: Sequence[Site]) -> None:
    if moderator.role == MODERATOR:
        session.add_all(ModeratorSite(moderator_id=moderator.id, site_id=site.id) for site in sites)
    session.flush()


def _not_the_last_owner(session: Session, one: Moderator) -> None:
    others = select(func.count()).where(Moderator.role == OWNER, Moderator.id != one.id)
    if one.role == OWNER and not session.scalar(others):
        raise BadModerator("last_owner", f"{one.name} is the last owner")


def _withdraw(session: Session, one: Moderator) -> None:
    """Who is no owner any more has nobody join: else a link kept for later would bring him back."""
    session.execute(delete(Invitation).where(Invitation.by == one.name))


def _good(password: str, name: str) -> None:
    wrong = passwords.weakness(password, name)
    if wrong == "too_short":
        raise BadModerator(wrong, f"a password has at least {passwords.SHORTEST} characters")
    if wrong == "too_long":
        raise BadModerator(wrong, f"a password has at most {passwords.LONGEST:,} characters")
    if wrong:
        raise BadModerator(wrong, "a password can't be the name")
