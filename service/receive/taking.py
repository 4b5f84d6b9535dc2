"""Claims become items that are due: many in one go, in a few statements that serve them all.

At least once, and harmless twice: the same claim again, by whatever protocol and however many at once, is the same
item. What is refused is refused before anything of it is written, the target first, so that nobody can have a page
fetched by naming a target that is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.model import Event, Post, Reflection
from service.model import post as posts
from service.model import reflection as reflections
from service.model import rule as rules
from service.model import site as sites
from service.model.states import Step, step
from service.receive.claim import Claim
from service.values.address import Address, post_key
from service.values.reason import REASONS, Reason, Refused
from service.values.state import State

LOOK_AGAIN = timedelta(minutes=5)
"""How long we believe a look that did not find the post: a page may be announced before it is up."""

REMEMBERED = timedelta(hours=1)
"""How long a sender who asks again is told how the last look at his page failed."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A claim within the limits; its item is due after ``delay``."""

    claim: Claim
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken."""

    uid: str
    known: bool = False
    """Whether the pair was there already."""
    failure: Reason | None = None
    """Why the last look at a known one failed, within the last hour."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A claim, and what is known of where it belongs."""

    claim: Claim
    delay: timedelta
    owner: sites.Owner | None = None
    place: posts.Place = (0, "")
    post: posts.Known | None = None
    item: reflections.Met | None = None
    blocked: bool = False

    @property
    def refusal(self) -> Refused | None:
        """Why it is not taken. A known pair passes the last two, else nothing could be withdrawn."""
        if self.owner is None:
            return Refused("unknown_site")
        if self.blocked:
            return Refused("blocked")
        if self.item:
            return None
        of_post = self.post.linkbacks_open if self.post else None
        open_ = self.owner.linkbacks_open if of_post is None else of_post
        if not open_ or self.owner.closed(self.claim.received):
            return Refused("closed")
        if self.post and self.post.exists is False and not _may_be_there_now(self.post, self.claim.received):
            return Refused("no_such_post")
        return None


def take(session: Session, admitted: Sequence[Admitted]) -> Sequence[Receipt | Refused]:
    """The receipt of each claim, or why it is not taken. Never commits; may run twice."""
    found = _found(session, admitted)
    refusals = [one.refusal for one in found]
    taken = [one for one, refusal in zip(found, refusals, strict=True) if refusal is None]
    receipts = iter(_written(session, taken, _posts(session, taken)))
    return [refusal or next(receipts) for refusal in refusals]


def _found(session: Session, admitted: Sequence[Admitted]) -> Sequence[_Found]:
    """Only reads."""
    owners = sites.owners(session, [one.claim.target for one in admitted])
    found = [
        _Found(one.claim, one.delay, owner, (owner.id, post_key(one.claim.target, owner.slash_matters)))
        if owner
        else _Found(one.claim, one.delay)
        for one, owner in zip(admitted, owners, strict=True)
    ]
    hosts = [(one.place[0], one.claim.source.domain) for one in found]
    blocked = rules.refused(session, set(hosts))
    known = posts.at(session, {one.place for one in found if one.owner})
    there = [known.get(one.place) for one in found]
    pairs = [(post.id, one.claim.key) if post else None for one, post in zip(found, there, strict=True)]
    items = reflections.met(session, {pair for pair in pairs if pair})
    return [
        replace(one, post=post, item=items.get(pair) if pair else None, blocked=host in blocked)
        for one, post, pair, host in zip(found, there, pairs, hosts, strict=True)
    ]


def _posts(session: Session, taken: Sequence[_Found]) -> Mapping[posts.Place, posts.Known]:
    """The post of each place; one that is named for the first time is made."""
    there = {one.place: one.post for one in taken if one.post}
    for one in taken:
        if one.owner and one.place not in there:
            post = posts.named(session, one.owner, one.claim.target, one.claim.received)
            there[one.place] = posts.Known(post.id, post.site_id, post.exists, post.looked_at, post.linkbacks_open)
    return there


def _written(session: Session, taken: Sequence[_Found], there: Mapping[posts.Place, posts.Known]) -> Sequence[Receipt]:
    if not taken:
        return ()
    items = reflections.upsert(session, [_row(session, one, there[one.place]) for one in taken])
    first = [(one.claim, item.id) for one, item in zip(taken, items, strict=True) if item.known is None]
    reflections.arrive_first(session, [reflections.arrival(*_way(item, claim)) for claim, item in first])
    receipts = [_receipt(session, one, item) for one, item in zip(taken, items, strict=True)]
    for one in taken:
        post = there[one.place]
        if post.exists is not True and post.looked_at is not None and _may_be_there_now(post, one.claim.received):
            posts.look_again(session, session.get_one(Post, post.id), one.claim.received)
    return receipts


def _row(session: Session, one: _Found, post: posts.Known) -> Mapping[str, Any]:
    claim = one.claim
    return {
        "site_id": post.site_id,
        "post_id": one.item.post_id if one.item else post.id,
        "parent_id": _parent(session, post, claim),
        "kind": claim.protocol.value,
        "source": claim.source.url,
        "source_key": one.item.key if one.item else claim.key,
        "host": claim.source.domain,
        "state": State.RECEIVED,
        "received": claim.received,
        "due_at": claim.received + one.delay,
    }


def _receipt(session: Session, one: _Found, item: reflections.Upserted) -> Receipt:
    """The receipt; a known item is looked at again."""
    if item.known is None:
        return Receipt(item.uid)
    if item.known.state is State.ERASED:  # nothing may be left of it, this claim neither
        return Receipt(item.uid, known=True)
    reflections.arrive(session, *_way(item.id, one.claim))
    failure = _failure(session, item.known, one.claim.received)
    _look_again(session, item.known, one.claim.received, one.delay)
    return Receipt(item.uid, True, failure)


def _way(item: int, claim: Claim) -> tuple[int, str, Address, Mapping[str, str], datetime]:
    """How a claim came to its item."""
    return item, claim.protocol.value, claim.target, claim.hints, claim.received


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
