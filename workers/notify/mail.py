"""Mail to whoever is due, by the rows of :class:`service.model.told.Told`.

    claim ──► read ──► send ──► note
    (lease)   (what waits)  (SMTP)  (under the lease)

At least once, and of two workers one: a row is sent for under a lease, and a worker that is killed after the server
took the mail and before it noted that may send it again, under the same Message-ID. No transaction is open while the
server is talked to. A server that does not take it is asked again later, ever less often.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from threading import Event

import structlog
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from service.decide.digest import Often, next_try, next_turn
from service.model import Moderator, Told, waiting
from service.model.engine import written
from service.model.told import LEASE, due, key
from workers.notify import letters
from workers.notify.letters import Envelope, Reader
from workers.notify.mailer import TROUBLE, Mailer

NOT_SET_UP = timedelta(hours=1)
"""How long those who are due are left alone where there is no server."""

LONGEST_TROUBLE = 300

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose turn it is, under a lease."""

    moderator: int
    token: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What went out: a mail about all up to this revision, or (``None``) one that asks to confirm an address."""

    heard: int | None
    asked: str | None = None
    """The address that was asked."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Works off whoever is due."""

    engine: Engine
    mailer: Mailer | None
    base_url: str
    secret: str

    def __call__(self, stop: Event) -> int:
        """Until nobody is due or ``stop`` is set; how many mails went out."""
        if self.mailer is None:
            written(self.engine, _postpone)
            return 0
        sent = 0
        while not stop.is_set() and (turn := written(self.engine, _claim)) is not None:
            sent += self._tell(self.mailer, turn)
        return sent

    def _tell(self, mailer: Mailer, turn: Turn) -> int:
        letter = self._letter(mailer, turn)
        if letter is None:
            written(self.engine, lambda session: _note(session, turn, None))
            return 0
        message, sent = letter
        try:
            mailer.send(message)
        except TROUBLE as trouble:
            said = f"{type(trouble).__name__}: {trouble}"[:LONGEST_TROUBLE]
            log.warning("a mail was not taken", moderator=turn.moderator, error=said)
            written(self.engine, lambda session: _put_off(session, turn, said))
            return 0
        written(self.engine, lambda session: _note(session, turn, sent))
        return 1

    def _letter(self, mailer: Mailer, turn: Turn) -> tuple[EmailMessage, Sent] | None:
        """The mail that is to go out, if there is something to say."""
        with Session(self.engine) as session:
            moderator, told = session.get(Moderator, turn.moderator), session.get(Told, turn.moderator)
            if moderator is None or told is None:
                return None
            envelope = Envelope(mailer.sender, self.base_url, _now())
            if told.unasked and told.asked_mail is not None:
                asked = Reader(moderator.id, moderator.name, told.asked_mail, told.language)
                message = letters.confirmation(asked, envelope, key(self.secret, "confirm", told))
                return message, Sent(None, told.asked_mail)
            if told.mail is None or told.often == Often.NEVER:
                return None
            now = _now()
            heard, news = waiting.last_revision(session, now), waiting.news(session, moderator, told.heard, now)
            if not news:
                return None
            reader = Reader(moderator.id, moderator.name, told.mail, told.language)
            items = waiting.newest(session, moderator, letters.LISTED)
            count, stop = waiting.count(session, moderator), key(self.secret, "stop", told)
            return letters.digest(reader, envelope, items, news, count, stop), Sent(heard)


def any_due(engine: Engine, now: datetime) -> bool:
    """Whether somebody is to be told."""
    with engine.connect() as connection:
        return connection.execute(select(Told.moderator_id).where(due(now)).limit(1)).first() is not None


def _claim(session: Session) -> Turn | None:
    now, token = _now(), secrets.token_hex(16)
    free = select(Told).where(due(now)).order_by(Told.due_at).limit(1).with_for_update(skip_locked=True)
    row = session.scalar(free)
    if row is None:
        return None
    row.lease, row.leased_until = token, now + LEASE
    return Turn(row.moderator_id, token)


def _note(session: Session, turn: Turn, sent: Sent | None) -> None:
    row, now = _held(session, turn), _now()
    if row is None:
        return
    told = sent is not None and sent.heard is not None
    if sent is not None:
        row.attempts, row.trouble = 0, None
        if sent.heard is not None:
            row.heard, row.sent = sent.heard, now
        elif row.asked_mail == sent.asked:
            row.unasked = False
    if row.unasked:  # another address was given meanwhile
        row.due_at = now
    elif row.mail is None:
        row.due_at = None
    else:
        row.due_at = next_turn(row.often, now, sent=told)


def _put_off(session: Session, turn: Turn, said: str) -> None:
    row = _held(session, turn)
    if row is not None:
        row.attempts, row.trouble = row.attempts + 1, said
        row.due_at = next_try(row.attempts, _now())


def _held(session: Session, turn: Turn) -> Told | None:
    """The row, if this turn is still ours; from here on nobody's."""
    row = session.get(Told, turn.moderator, with_for_update=True, populate_existing=True)
    if row is None or row.lease != turn.token:
        return None
    row.lease, row.leased_until = None, None
    return row


def _postpone(session: Session) -> None:
    session.execute(update(Told).where(due(_now())).values(due_at=_now() + NOT_SET_UP))


def _now() -> datetime:
    return datetime.now(UTC)
