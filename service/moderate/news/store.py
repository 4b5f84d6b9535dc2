"""What a moderator chose about being told, kept. Each change is one on a locked row; none sends anything by itself."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.decide.digest import Often, next_turn
from service.model import Moderator, Told
from service.model.insert import insert
from service.model.site import hashed, new_token
from service.model.told import CONFIRMABLE, key
from service.values.address import BadAddress, parse

LONGEST = 254
"""Characters of a mail address (RFC 5321 4.5.3.1.3)."""

PATIENCE = timedelta(minutes=2)
"""The least time between two mails that ask for an address to be confirmed: nobody is pelted with them."""

_MAIL = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@([^\s@/?#:\\\[\]]+)")
"""HTML 4.10.5.1.5, with a host that may be written in any script."""


class BadMail(ValueError):
    """An address that can't be asked for, by a ``code`` that the page has a sentence for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def of(session: Session, moderator_id: int) -> Told | None:
    """What somebody has chosen."""
    return session.get(Told, moderator_id)


def choose(session: Session, moderator_id: int, often: Often, language: str, now: datetime) -> None:
    """How often somebody is told from now on, and in which language."""
    row = _row(session, moderator_id)
    row.often, row.language = often, language
    _plan(row, now)


def ask(session: Session, moderator_id: int, mail: str, language: str, now: datetime) -> None:
    """Has an address confirmed before anything else is mailed there. Raises :class:`BadMail`."""
    wanted, row = address(mail), _row(session, moderator_id)
    if row.asked_at is not None and timedelta() <= now - row.asked_at < PATIENCE:
        raise BadMail("soon")
    row.asked_mail, row.asked_at, row.unasked, row.language = wanted, now, True, language
    row.attempts, row.trouble = 0, None
    _plan(row, now)


def confirm(session: Session, moderator_id: int, given: str, secret: str, now: datetime) -> bool:
    """Takes the address whose link somebody followed, once; whether the link was good."""
    row = _row(session, moderator_id)
    if row.asked_mail is None or row.asked_at is None or not timedelta() <= now - row.asked_at <= CONFIRMABLE:
        return False
    if not _fits(given, key(secret, "confirm", row)):
        return False
    row.mail, row.asked_mail, row.unasked = row.asked_mail, None, False
    row.attempts, row.trouble = 0, None
    _plan(row, now)
    return True


def remove(session: Session, moderator_id: int, now: datetime) -> None:
    """Forgets somebody's address, and the one that was to be confirmed."""
    row = _row(session, moderator_id)
    row.mail, row.asked_mail, row.unasked, row.attempts, row.trouble = None, None, False, 0, None
    _plan(row, now)


def stop(session: Session, moderator_id: int, given: str, secret: str, now: datetime) -> bool:
    """Ends the mail, by the link that stands in each; whether the link is one of ours. Once more changes nothing."""
    row = session.get(Told, moderator_id, with_for_update=True)
    if not stops(row, given, secret):
        return False
    assert row is not None
    row.often = Often.NEVER
    _plan(row, now)
    return True


def stops(row: Told | None, given: str, secret: str) -> bool:
    """Whether it is the link that ends this mail."""
    return row is not None and row.mail is not None and _fits(given, key(secret, "stop", row))


def new_feed(session: Session, moderator_id: int) -> str:
    """The key of a new address of somebody's feed, which can't be asked for again; the old one leads nowhere."""
    token = new_token()
    _row(session, moderator_id).feed_hash = hashed(token)
    return token


def end_feed(session: Session, moderator_id: int) -> None:
    """The feed has no address any more."""
    _row(session, moderator_id).feed_hash = None


def by_feed(session: Session, given: str) -> tuple[Moderator, Told] | None:
    """Whose feed it is. The look-up is by hash: its time tells nothing."""
    query = select(Moderator, Told).join(Told, Told.moderator_id == Moderator.id)
    row = session.execute(query.where(Told.feed_hash == hashed(given))).first()
    return (row[0], row[1]) if row else None


def address(given: str) -> str:
    """The address as mail knows it, its host in ASCII. Raises :class:`BadMail`."""
    found = _MAIL.fullmatch(given.strip())
    try:
        host = parse(f"https://{found[2]}/").host if found else ""
    except BadAddress:
        host = ""
    if found is None or "." not in host or len(found[1]) + len(host) >= LONGEST:
        raise BadMail("mail")
    return f"{found[1]}@{host}"


def _row(session: Session, moderator_id: int) -> Told:
    """Somebody's row, made where there is none, and locked."""
    new = {"moderator_id": moderator_id, "often": Often.DAILY, "language": "en", "unasked": False}
    session.execute(insert(session, Told).values(**new, heard=0, attempts=0).on_conflict_do_nothing())
    return session.get_one(Told, moderator_id, with_for_update=True, populate_existing=True)


def _plan(row: Told, now: datetime) -> None:
    """When mail is due. Who chooses is not told at once of what he has before his eyes."""
    if row.unasked:
        row.due_at = now
    else:
        row.due_at = next_turn(row.often, now, sent=False) if row.mail else None


def _fits(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
