"""Writes what a visit brought, under its lease.

Nothing here decides: :func:`service.decide.conclude.conclude` does, on the row as it is now, since a moderator may
have decided while the page was fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, load_only

from service.decide.conclude import Found, Known, Outcome, Written, conclude
from service.decide.rules import Advice, HostRule, advise
from service.decide.schedule import next_post_look
from service.model import Event, Reflection, Revision, Rule, picture
from service.model import event as events
from service.model import post as posts
from service.model.states import Step, publish, step
from service.values import clean
from service.values.address import source_key, stored
from service.values.page import Unchanged, Validators
from service.values.reading import Reading
from service.values.state import State
from workers.due import Visit

_SAID = (
    Revision.number,
    Revision.fingerprint,
    Revision.url,
    Revision.moved_to,
    Revision.author_name,
    Revision.author_url,
    Revision.author_photo,
)


def settle(
    session: Session, visit: Visit, found: Found, validators: Validators | None, now: datetime, chance: float
) -> Event | None:
    """The event of this visit; ``None`` where the item is no longer ours, and then nothing is changed.

    ``validators`` are the page's own, for a conditional request next time.
    """
    item = session.get(Reflection, visit.item, with_for_update=True, populate_existing=True)
    if item is None or item.lease != visit.token or item.state is State.ERASED:
        return None
    said = _said(session, item)
    found = _remembered(found, said)
    known = Known(
        state=item.state,
        received=item.received,
        attempts=item.attempts,
        approved=item.approved,
        fingerprint=said.fingerprint if said else None,
        follows=said is not None and item.shown == item.latest == said.number,
        missing_since=item.missing_since,
        sent_again=item.due_at if item.due_at != visit.due else None,
    )
    advice = _advice(session, item, found) if item.state in (State.RECEIVED, State.APPROVED) else None
    outcome = conclude(known, found, advice.to if advice else None, now, chance)
    latest = item.latest
    if outcome.revise and isinstance(found, Reading):
        latest = (latest or 0) + 1
        session.add(revision(item, found, latest, _portrait(session, found, now), now))
    elif said is not None and isinstance(found, Reading) and _moved(said, found) and said.number == item.shown:
        publish(session, item.post_id)
    if item.state is State.RECEIVED:
        posts.drew(session, item.post_id, next_post_look(now, chance))
    ruled = item.state is State.RECEIVED or outcome.shows
    by_rule = advice if advice and ruled and outcome.to is advice.to else None
    wanted = _step(item, visit, outcome, latest, by_rule, now)
    wanted = replace(wanted, values={**wanted.values, **_page(item, found, validators, outcome)})
    event = step(session, item, replace(wanted, details=_told(wanted.details, found)), now)
    if event is not None and by_rule is not None:
        session.execute(update(Rule).where(Rule.id == by_rule.rule).values(hits=Rule.hits + 1))
    elif event is not None and event.came_from is event.went_to:
        events.forget_looks(session, item.id)
    return event


def _said(session: Session, item: Reflection) -> Revision | None:
    """What its source said last; what people here made of it since is no news of the source's."""
    if item.latest is None:
        return None
    return session.scalar(
        select(Revision)
        .options(load_only(*_SAID))
        .where(Revision.reflection_id == item.id, Revision.made_by == "source")
        .order_by(Revision.number.desc())
        .limit(1)
    )


def _remembered(found: Found, said: Revision | None) -> Found:
    """A source that names its author by his page alone keeps what that page told, while it can't be read."""
    if not isinstance(found, Reading) or said is None or said.author_url is None:
        return found
    author = found.entry.author
    if author.name or author.url != said.author_url:
        return found
    known = replace(author, name=said.author_name, photo=said.author_photo)
    return replace(found, entry=replace(found.entry, author=known))


def _moved(said: Revision, found: Reading) -> bool:
    """Keeps where the words stand now; whether that is another address. On another registrable domain they would be a
    revision (:attr:`service.values.reading.Reading.fingerprint`)."""
    before = said.url, said.moved_to
    said.url, said.moved_to = found.entry.url, found.evidence.moved_to
    return before != (said.url, said.moved_to)


def _page(item: Reflection, found: Found, validators: Validators | None, outcome: Outcome) -> dict[str, Any]:
    """What is kept of the page that was read, where the link was found: what it did not say must not be asked for as
    "unchanged" next time, and a move holds as long as the last reading, or a source that can't be read just now."""
    if not isinstance(found, Reading):
        return {"moved_key": None} if outcome.to is State.GONE else {}
    kept: dict[str, Any] = {"moved_key": _moved_key(item, found)}
    return kept | ({"etag": validators.etag, "modified": validators.modified} if validators else {})


def _moved_key(item: Reflection, found: Reading) -> str | None:
    """The key of the address to which the source moved on its own host: whoever redirects his page to another's, on
    a subdomain say, is not taken for the other."""
    old, new = stored(item.source), stored(found.evidence.moved_to)
    key = source_key(new) if old and new and new.host == old.host else None
    return key if key != item.source_key else None


def _portrait(session: Session, found: Reading, now: datetime) -> int | None:
    """The author's picture, which is wanted from now on."""
    photo = stored(found.entry.author.photo)
    return picture.want(session, photo, now) if photo is not None else None


def _advice(session: Session, item: Reflection, found: Found) -> Advice | None:
    if not isinstance(found, Reading | Written):
        return None
    rules = session.scalars(select(Rule).where(Rule.site_id == item.site_id, Rule.kind == "host"))
    return advise([HostRule(rule.id, rule.value, rule.verdict) for rule in rules], _way(item, found))


def _way(item: Reflection, found: Reading | Written) -> set[str]:
    """The hosts from the source to the page that was read."""
    way = {item.host} if item.host else set[str]()
    if isinstance(found, Reading):
        way |= {address.domain for hop in found.evidence.hops if (address := stored(hop.location))}
    return way


def _step(
    item: Reflection,
    visit: Visit,
    outcome: Outcome,
    latest: int | None,
    by_rule: Advice | None,
    now: datetime,
) -> Step:
    reason = outcome.reason
    values = {
        "checked": now,
        "latest": latest,
        "due_at": outcome.due,
        "again_at": outcome.again,
        "attempts": outcome.attempts,
        "deaths": 0,
        "lease": None,
        "leased_until": None,
        "missing_since": outcome.missing_since,
        "reason": reason.code if reason else None,
        "reason_details": dict(reason.details) if reason else None,
    }
    if by_rule is not None:
        values["decided"] = latest
    shows = outcome.shows or (outcome.to is State.APPROVED and item.state is not State.APPROVED)
    return Step(
        came_from=item.state,
        to=outcome.to,
        by=f"rule {by_rule.rule}" if by_rule else "worker",
        show=latest if shows else None,
        lease=visit.token,
        reason=reason.code if reason else None,
        values=values,
        details={"renews": latest} if outcome.shows else dict(reason.details) if reason else None,
    )


def _told(details: Mapping[str, Any] | None, found: Found) -> dict[str, Any] | None:
    """What the event says of a visit beside its reason: the last answer's status and address, the seconds it took, and
    whether the host was spared instead."""
    if isinstance(found, Written):
        return dict(details) if details else None
    visit: dict[str, Any]
    if isinstance(found, Reading):
        visit = {"status": found.evidence.status, "final": found.evidence.final, "seconds": found.evidence.seconds}
    elif isinstance(found, Unchanged):
        visit = {"status": 304, "final": found.final.url, "seconds": found.seconds}
    else:
        visit = {"status": found.status, "final": found.final.url if found.final else None, "seconds": found.seconds}
        if found.remembered:
            visit["spared"] = True
    visit["seconds"] = round(visit["seconds"], 2)
    return {**(details or {}), "visit": visit}


def revision(item: Reflection, found: Reading, number: int, portrait: int | None, now: datetime) -> Revision:
    """What its source says now, as it is kept."""
    entry = found.entry
    return Revision(
        reflection_id=item.id,
        number=number,
        made=now,
        relation=entry.relation.value,
        title=entry.title,
        author_name=entry.author.name,
        author_url=entry.author.url,
        author_photo=entry.author.photo,
        picture_id=portrait,
        html=entry.content.markup,
        text=entry.text,
        summary=entry.summary,
        url=entry.url,
        moved_to=found.evidence.moved_to,
        published=entry.published,
        updated=entry.updated,
        photos=list(entry.photos) or None,
        syndication=list(entry.syndication) or None,
        categories=list(entry.categories) or None,
        rsvp=entry.rsvp,
        site_name=entry.site,
        fingerprint=found.fingerprint,
        evidence=replace(found.evidence, at=now.isoformat(timespec="seconds")).as_json(),
        cleaned_by=clean.VERSION,
    )
