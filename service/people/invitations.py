"""Invitations: a link that makes one person a moderator or owner, once, within a week."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.model import Invitation, InvitationSite, Moderator
from service.model.site import hashed, new_token
from service.people import moderators, passkeys
from service.people.ceremony import Made
from service.people.roles import MODERATOR
from service.values import clean

SPAN = timedelta(days=7)


def invite(
    session: Session, owner: Moderator, whom: str, role: str, sites: Collection[int], now: datetime
) -> tuple[Invitation, str]:
    """A new one with its token, which can't be asked for again; or :class:`moderators.BadModerator`."""
    chosen = moderators.sites_of_role(session, role, sites)
    token = new_token()
    new = Invitation(
        token_hash=hashed(token),
        whom=clean.line(whom, moderators.LONGEST_NAME),
        role=role,
        by=owner.name,
        made=now,
        until=now + SPAN,
    )
    session.add(new)
    session.flush()
    session.add_all(InvitationSite(invitation_id=new.id, site_id=site.id) for site in chosen)
    session.flush()
    return new, token


def waiting(session: Session, now: datetime) -> Sequence[Invitation]:
    """Those that may still be accepted, the newest first."""
    wanted = select(Invitation).where(Invitation.until >= now).order_by(Invitation.id.desc())
    return [one for one in session.scalars(wanted) if _good(one, now)]


def find(session: Session, token: str, now: datetime) -> Invitation | None:
    """The invitation of this link, while it is good. The look-up is by hash: its time tells nothing."""
    found = session.scalar(select(Invitation).where(Invitation.token_hash == hashed(token)))
    return found if found is not None and _good(found, now) else None


def withdraw(session: Session, invitation_id: int) -> None:
    """Takes it back: its link is worth nothing from here on."""
    session.execute(delete(Invitation).where(Invitation.id == invitation_id))


def accept(
    session: Session, token: str, name: str, password: str | None, passkey: Made | None, browser: str, now: datetime
) -> Moderator | None:
    """Who has joined, with a password or a passkey (which ``browser`` names) or both; ``None`` where the link is worth
    nothing by now. Raises :class:`moderators.BadModerator`, and the link stays good.
    """
    found = find(session, token, now)
    if found is None:
        return None
    role, handle, sites = found.role, found.handle, list(found.sites)
    session.expunge(found)
    gone = session.scalar(delete(Invitation).where(Invitation.id == found.id).returning(Invitation.id))
    if gone is None:  # somebody else was quicker by the same link
        return None
    joined = moderators.add(session, name, role, sites, password, now)
    joined.handle = handle
    if passkey is not None and not passkeys.keep(session, joined.id, passkey, browser, now):
        raise moderators.BadModerator("passkey", "this passkey is somebody's already")
    return joined


def _good(one: Invitation, now: datetime) -> bool:
    """Whether it may be accepted. One that ends later than any may was made while the clock was wrong; one without
    sites has lost them since.
    """
    return now <= one.until <= now + SPAN and (one.role != MODERATOR or bool(one.sites))
