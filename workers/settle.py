"""Writes what a visit brought, under its lease.

Nothing here decides: :func:`service.decide.conclude.conclude` does, on the row as it is now, since a moderator may
have decided while the page was fetched.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.decide.conclude import Found, Known, Outcome, Written, conclude
from service.decide.rules import Advice, HostRule, advise
from service.model import Event, Reflection, Revision, Rule
from service.model.states import Step, step
from service.values import clean
from service.values.address import stored
from service.values.page import Validators
from service.values.reading import Reading
from service.values.state import State
from workers.due import Visit


def settle(
    session: Session, visit: Visit, found: Found, validators: Validators | None, now: datetime, chance: float
) -> Event | None:
    """The event of this visit; ``None`` where the item is no longer ours, and then nothing is changed.

    ``validators`` are the page's own, for a conditional request next time.
    """
    item = session.get(Reflection, visit.item, with_for_update=True, populate_existing=True)
    if item is None or item.lease != visit.token or item.state is State.ERASED:
        return None
    known = Known(
        state=item.state,
        received=item.received,
        attempts=item.attempts,
        fingerprint=_fingerprint(session, item) if isinstance(found, Reading) else None,
        missing_since=item.missing_since,
        sent_again=item.due_at if item.due_at != visit.due else None,
    )
    advice = _advice(session, item, found) if item.state is State.RECEIVED else None
    outcome = conclude(known, found, advice.to if advice else None, now, chance)
    latest = item.latest
    if outcome.revise and isinstance(found, Reading):
        latest = (latest or 0) + 1
        session.add(_revision(item, found, latest, now))
    by_rule = advice if advice and outcome.to is advice.to else None
    event = step(session, item, _step(item, visit, outcome, latest, by_rule, validators, now), now)
    if event is not None and by_rule is not None:
        session.execute(update(Rule).where(Rule.id == by_rule.rule).values(hits=Rule.hits + 1))
    return event


def _fingerprint(session: Session, item: Reflection) -> str | None:
    """Of what its source said last; what people here made of it since is no news of the source's."""
    return session.scalar(
        select(Revision.fingerprint)
        .where(Revision.reflection_id == item.id, Revision.made_by == "source")
        .order_by(Revision.number.desc())
        .limit(1)
    )


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
    validators: Validators | None,
    now: datetime,
) -> Step:
    reason = outcome.reason
    values = {
        "checked": now,
        "latest": latest,
        "due_at": outcome.due,
        "attempts": outcome.attempts,
        "deaths": 0,
        "lease": None,
        "leased_until": None,
        "missing_since": outcome.missing_since,
        "reason": reason.code if reason else None,
        "reason_details": dict(reason.details) if reason else None,
    }
    if validators is not None:
        values |= {"etag": validators.etag, "modified": validators.modified}
    if by_rule is not None:
        values["decided"] = latest
    approved_now = outcome.to is State.APPROVED and item.state is not State.APPROVED
    return Step(
        came_from=item.state,
        to=outcome.to,
        by=f"rule {by_rule.rule}" if by_rule else "worker",
        show=latest if approved_now else None,
        lease=visit.token,
        reason=reason.code if reason else None,
        values=values,
        details=dict(reason.details) if reason else None,
    )


def _revision(item: Reflection, found: Reading, number: int, now: datetime) -> Revision:
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
        html=entry.content.markup,
        text=entry.text,
        summary=entry.summary,
        url=entry.url,
        published=entry.published,
        rsvp=entry.rsvp,
        site_name=entry.site,
        fingerprint=found.fingerprint,
        evidence=found.evidence.as_json(),
        cleaned_by=clean.VERSION,
    )
