"""Writes what a visit brought, under its lease.

Nothing here decides: :func:`service.decide.conclude.conclude` does, on the row as it is now, since a moderator may
have decided while the page was fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from service.decide import signs
from service.decide import subject as subjects
from service.decide.conclude import Found, Known, Outcome, Written, conclude
from service.decide.rules import KNOWN, Advice, SiteRule, advise
from service.decide.schedule import next_post_look
from service.decide.subject import Subject
from service.model import Event, Reflection, Revision, acquaintance, brake, picture
from service.model import event as events
from service.model import post as posts
from service.model import rule as rules
from service.model import site as sites
from service.model.states import Step, as_it_was, step_of_many
from service.values import clean
from service.values.address import source_key, stored
from service.values.evidence import Evidence
from service.values.page import Failure, Unchanged, Validators
from service.values.reading import Reading
from service.values.state import State
from workers.due import Visit
from workers.weigh import Opinion, weigh

_SAID = (
    Revision.number,
    Revision.fingerprint,
    Revision.url,
    Revision.moved_to,
    Revision.published,
    Revision.author_name,
    Revision.author_url,
    Revision.author_photo,
)


def hold(session: Session, visits: Iterable[Visit]) -> Sequence[Reflection]:
    """The items of these visits, as they are now and locked for us, in one query. Whoever settles keeps them as long
    as he does: the session finds them then."""
    wanted = select(Reflection).where(Reflection.id.in_(sorted(visit.item for visit in visits)))
    return session.scalars(
        wanted.order_by(Reflection.id).with_for_update().execution_options(populate_existing=True)
    ).all()


def settle(
    session: Session, visit: Visit, found: Found, validators: Validators | None, now: datetime, chance: float
) -> Event | None:
    """The event of this visit, whose item is held (:func:`hold`); ``None`` where it is no longer ours, and then nothing
    is changed.

    ``validators`` are the page's own, for a conditional request next time.
    """
    item = session.get(Reflection, visit.item)
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
    advice, opinion = _heard(session, item, known, found, now)
    outcome = conclude(known, found, advice.to if advice else None, now, chance)
    latest = item.latest
    if outcome.revise and isinstance(found, Reading):
        latest = _next_number(session, item)
        session.add(revision(item, _vouched(found, said), latest, _portrait(session, found, now), now))
    elif said is not None and isinstance(found, Reading):
        corrected = _correct(said, found)
        if corrected and item.state is State.APPROVED and said.number == item.shown:
            posts.publish(session, [item.post_id])
    if opinion is not None:
        opinion.note(session, item.id, latest)
    if item.state is State.RECEIVED:
        posts.drew(session, item.post_id, next_post_look(now, chance))
    ruled = item.state is State.RECEIVED or outcome.shows
    by_rule = advice.rule if advice and ruled and outcome.to is advice.to else None
    wanted = _step(session, item, visit, outcome, latest, by_rule, now)
    if advice and advice.by_triage and opinion and wanted.to is advice.to:
        wanted = opinion.decided(wanted, latest)
    if advice and (advice.own or advice.held) and ruled and wanted.to is State.PENDING:
        wanted = replace(wanted, details={"held": True} if advice.held else {"own": True})
    wanted = replace(wanted, values={**wanted.values, **_page(item, found, validators, outcome)})
    event = step_of_many(session, item, replace(wanted, details=_told(wanted.details, found)), now)
    if event is not None and by_rule is not None:
        rules.hit(session, by_rule.id, now)
    elif event is not None and event.came_from is event.went_to:
        events.forget_looks(session, visit.item)
    return event


def _next_number(session: Session, item: Reflection) -> int:
    """A number that nothing of the item ever had: what was made of it and taken back keeps its own."""
    if item.checked is None:
        return 1  # nobody has decided about what no visit has seen
    return (session.scalar(select(func.max(Revision.number)).where(Revision.reflection_id == item.id)) or 0) + 1


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


def _vouched(found: Reading, said: Revision | None) -> Reading:
    """Who vouches is asked for once, when an item is new; what came of it is kept as long as the item is."""
    if said is None or said.evidence is None or found.evidence.vouch is not None:
        return found
    return replace(found, evidence=replace(found.evidence, vouch=Evidence.from_json(said.evidence).vouch))


def _correct(said: Revision, found: Reading) -> bool:
    """Keeps where the same words stand now, and of when they say they are; whether that is anything else. On another
    registrable domain they would be a revision (:attr:`service.values.reading.Reading.fingerprint`)."""
    before = said.url, said.moved_to, said.published
    said.url, said.moved_to = found.entry.url, found.evidence.moved_to
    said.published = found.entry.published
    return before != (said.url, said.moved_to, said.published)


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


def _heard(
    session: Session, item: Reflection, known: Known, found: Found, now: datetime
) -> tuple[Advice | None, Opinion | None]:
    """What the site's rules say of it, then what triage holds of news; while everything is held, nobody approves."""
    if not isinstance(found, Reading | Written):
        return None, None
    news = item.state is State.RECEIVED or (isinstance(found, Reading) and found.fingerprint != known.fingerprint)
    if not news and item.state is not State.APPROVED:
        return None, None
    subject = _linkback(session, item, found) if isinstance(found, Reading) else _comment(session, item)
    advice = _advice(session, item, subject) if item.state in (State.RECEIVED, State.APPROVED) else None
    opinion = weigh(session, item, subject, advice) if news else None
    if advice and opinion and opinion.to:
        advice = replace(advice, to=opinion.to, by_triage=True)
    if advice and advice.to is State.APPROVED and brake.held(session, item.site_id, now):
        advice = advice.hold()
    return advice, opinion


def _advice(session: Session, item: Reflection, subject: Subject) -> Advice:
    standing = rules.standing(session, item.site_id)
    # What is up is known by itself: its new words are no news from a friend.
    if item.state is State.RECEIVED and any(rule.value == KNOWN for rule in standing if rule.kind == "default"):
        domains = {address.domain for address in subject.way}
        homes = acquaintance.known_homes(session, item.site_id, domains)
        subject = replace(subject, known=bool(subject.way) and subject.homes <= homes.keys())
    return advise(standing, subject)


def _linkback(session: Session, item: Reflection, found: Reading) -> Subject:
    entry = found.entry
    texts = (entry.title, entry.author.name, entry.site, entry.text, entry.summary)
    seen = subjects.linkback(
        item.kind, stored(item.source), found.evidence, entry.relation.value, entry.author.url, texts
    )
    owners = sites.owners(session, seen.way)
    return replace(seen, ours=bool(owners) and all(owner and owner.id == item.site_id for owner in owners))


def _comment(session: Session, item: Reflection) -> Subject:
    query = select(Revision).where(Revision.reflection_id == item.id, Revision.number == item.latest)
    written = session.scalar(query)
    if written is None:
        return subjects.comment(None, (), "")
    return subjects.comment(written.author_url, (written.author_name, written.title, written.text), written.html)


def _step(
    session: Session,
    item: Reflection,
    visit: Visit,
    outcome: Outcome,
    latest: int | None,
    by_rule: SiteRule | None,
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
        "waits_since": item.waits_since if outcome.attempts and outcome.due else None,
        "lease": None,
        "leased_until": None,
        "missing_since": outcome.missing_since,
        "reason": reason.code if reason else None,
        "reason_details": dict(reason.details) if reason else None,
    }
    if by_rule is not None and outcome.to is not State.PENDING:
        values["decided"] = latest
    shows = outcome.shows or (outcome.to is State.APPROVED and item.state is not State.APPROVED)
    return Step(
        came_from=item.state,
        to=outcome.to,
        by=f"rule {by_rule.id}" if by_rule else "worker",
        show=latest if shows else None,
        lease=visit.token,
        rule=by_rule.id if by_rule else None,
        reason=reason.code if reason else None,
        values=values,
        details={
            **(_ruled(session, item, outcome, latest, by_rule) if by_rule else {}),
            **(reason.details if reason else {}),
        },
    )


def _ruled(session: Session, item: Reflection, outcome: Outcome, latest: int | None, rule: SiteRule) -> dict[str, Any]:
    """What the event tells of the rule, as it stands now; where it lets new words through, what was there before."""
    told: dict[str, Any] = {"rule": {"kind": rule.kind, "value": rule.value, "verdict": rule.verdict}}
    return told | ({"renews": latest, "before": as_it_was(session, item)} if outcome.shows else {})


def _told(details: Mapping[str, Any] | None, found: Found) -> dict[str, Any] | None:
    """What the event says of a visit beside its reason: the last answer's status and address, the seconds it took, and
    whether the host was spared instead; nothing where nothing was to be fetched."""
    if isinstance(found, Written) or (isinstance(found, Failure) and found.final is None):
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
        signs=signs.as_words(
            signs.Look(item.source, entry.relation, entry.author.url, entry.url, found.evidence).signs
        ),
        cleaned_by=clean.VERSION,
    )
