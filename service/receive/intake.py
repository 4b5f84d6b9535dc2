"""The one door for all protocols: a claim becomes an item that is due, committed before anybody is told.

At least once, and harmless twice: the same claim again, by whatever protocol and however many at once, is the same
item. What is refused is refused before anything is written, the target first, so that nobody can have a page fetched
by naming a target that is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.bell import Bell
from service.database import db, write
from service.limits import Limits
from service.model import Event, Post, Reflection
from service.model import post as posts
from service.model import reflection as reflections
from service.model import rule as rules
from service.model import site as sites
from service.model.states import Step, step
from service.receive.claim import Claim
from service.values.address import post_key
from service.values.reason import REASONS, Reason, Refused
from service.values.state import State

NO_DELAY = timedelta()

LOOK_AGAIN = timedelta(minutes=5)
"""How long we believe a look that did not find the post: a page may be announced before it is up."""

REMEMBERED = timedelta(hours=1)
"""How long a sender who asks again is told how the last look at his page failed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken."""

    uid: str
    known: bool = False
    """Whether the pair was there already."""
    failure: Reason | None = None
    """Why the last look at a known one failed, within the last hour."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim belongs: its target's site, and the key of its post there."""

    site_id: int
    key: str


class Intake:
    """Takes claims under the limits, and wakes the workers."""

    def __init__(self, limits: Limits, bell: Bell) -> None:
        self._limits = limits
        self._bell = bell

    def receive(self, claim: Claim, patience: float | None = None) -> Receipt:
        """The receipt of a claim, once it is committed; :class:`Refused` where it is not taken.

        A database that does not write within ``patience`` seconds raises as in :func:`service.database.write`.
        """
        now = claim.received
        wait = self._limits.refuse(claim.sender)
        if wait is not None:
            raise Refused("too_many", retry_after=wait)
        place = check(db.session(), claim, now)
        db.session.rollback()  # the connection goes back: who waits for a second one holds none
        delay = timedelta(seconds=self._limits.delay(claim.source.domain))
        receipt = write(lambda session: take(session, claim, now, delay, place), patience)
        self._bell.ring("verify")
        return receipt


def check(session: Session, claim: Claim, now: datetime) -> Place:
    """Where the claim belongs. Only reads; raises :class:`Refused` where the target is nobody's, the source is blocked,
    or the post is closed or known not to exist. A known pair passes the last two, else nothing could be withdrawn."""
    (site,) = sites.owners(session, [claim.target])
    if site is None:
        raise Refused("unknown_site")
    if rules.refuses(session, site.id, claim.source.domain):
        raise Refused("blocked")
    place = Place(site.id, post_key(claim.target, site.slash_matters))
    post = posts.at(session, place.site_id, place.key)
    if post is None:
        if not site.linkbacks_open:
            raise Refused("closed")
        return place
    known = reflections.state_of(session, post.id, claim.key)
    if known is State.ERASED:
        raise Refused("blocked")
    if known is not None:
        return place
    if not (site.linkbacks_open if post.linkbacks_open is None else post.linkbacks_open):
        raise Refused("closed")
    if post.exists is False and not _may_be_there_now(post, now):
        raise Refused("no_such_post")
    return place


def take(
    session: Session, claim: Claim, now: datetime, delay: timedelta = NO_DELAY, place: Place | None = None
) -> Receipt:
    """Only writes: the item of this claim, due after ``delay``. Never commits; may run twice.

    ``place`` is where :func:`check` found the target; what is no longer there is looked for anew.
    """
    post = posts.at(session, place.site_id, place.key) if place else None
    if post is None:
        post = _named(session, claim, now)
    new = {
        "site_id": post.site_id,
        "parent_id": _parent(session, post, claim),
        "kind": claim.protocol.value,
        "source": claim.source.url,
        "host": claim.source.domain,
        "state": State.RECEIVED,
        "received": now,
        "due_at": now + delay,
    }
    item = reflections.upsert(session, post.id, claim.key, new)
    if item.known is not None and item.known.state is State.ERASED:
        return Receipt(item.uid, known=True)  # nothing may be left of it, this claim neither
    arrive = reflections.arrive_first if item.known is None else reflections.arrive
    arrive(session, item.id, claim.protocol.value, claim.target, claim.hints, now)
    failure = None
    if item.known is not None:
        failure = _failure(session, item.known, now)
        _look_again(session, item.known, now, delay)
    if post.exists is not True and post.looked_at is not None and _may_be_there_now(post, now):
        posts.look_again(session, session.get_one(Post, post.id), now)
    return Receipt(item.uid, item.known is not None, failure)


def _named(session: Session, claim: Claim, now: datetime) -> posts.Known:
    site = sites.of(session, claim.target)
    if site is None:
        raise Refused("unknown_site")
    post = posts.named(session, site, claim.target, now)
    return posts.Known(post.id, post.site_id, post.exists, post.looked_at, post.linkbacks_open)


def _may_be_there_now(post: posts.Known, now: datetime) -> bool:
    return post.looked_at is None or not post.looked_at <= now < post.looked_at + LOOK_AGAIN


def _parent(session: Session, post: posts.Known, claim: Claim) -> int | None:
    if claim.answered is None:
        return None
    return session.scalar(
        select(Reflection.id).where(
            Reflection.uid == claim.answered, Reflection.post_id == post.id, Reflection.state != State.ERASED
        )
    )


def _failure(session: Session, item: Reflection, now: datetime) -> Reason | None:
    """Why it failed within the last hour, if nothing better was found since."""
    if item.state not in (State.FAILED, State.RECEIVED):
        return None
    code = session.scalar(
        select(Event.reason)
        .where(Event.reflection_id == item.id, Event.went_to == State.FAILED, Event.at > now - REMEMBERED)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return Reason(code) if code is not None and code in REASONS else None


def _look_again(session: Session, item: Reflection, now: datetime, delay: timedelta) -> None:
    """The item is due, with all its attempts before it; one that waits for its turn keeps its place.

    What is looked at just now is due once more: what is seen may be older than what the sender means.
    """
    due = now + delay
    held = item.lease is not None and item.leased_until is not None and item.leased_until > now
    if item.due_at is not None and not held:
        due = min(due, item.due_at)
    if item.state is State.FAILED:
        values = {"due_at": due, "attempts": 0}
        step(session, item, Step(State.FAILED, State.RECEIVED, by="sender", values=values), now)
    else:
        item.due_at, item.attempts = due, 0
        session.flush()
