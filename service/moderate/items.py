"""The database's rows → items: a page at a time, by keyset, with the same few queries however many there are.

Whose items somebody may see is part of each query (``reach``): what is out of reach does not exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from service.decide.rules import SiteRule
from service.decide.triage import Ground
from service.model import Arrival, Event, Picture, Post, Reflection, Revision, Rule, Site
from service.model.reflection import waits
from service.moderate import found
from service.moderate.asked import Asked, Sort
from service.moderate.by_hand import sent
from service.moderate.item import Happened, Item, Record, Version, readable
from service.moderate.noted import with_notes
from service.moderate.whys import counted
from service.people.roles import Reach
from service.values import clean
from service.values.evidence import Evidence
from service.values.reason import REASONS, Reason
from service.values.state import State

PAGE = 50


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of an item's past is read."""

    versions: int
    """The newest revisions; what is shown is read however old it is."""
    events: int
    """The newest events; that its source was gone is read however long ago it was."""


WHOLE = Depth(versions=20, events=100)
AT_A_GLANCE = Depth(versions=1, events=0)
"""As much as a card of the queue tells."""

COUNTED = 1000
"""As far as waiting items are counted."""

Found = Row[Reflection, Post, Site]

_reflection = Reflection.__table__
_DECIDED = (State.APPROVED, State.SPAM, State.REJECTED)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of items, the newest first."""

    items: Sequence[Item]
    next: int | None = None
    """``after`` of the next page, if there is one."""


def page(session: Session, reach: Reach, asked: Asked, size: int = PAGE, depth: Depth = WHOLE) -> Page:
    """The items that somebody asks for, so many at the most."""
    ids = found.ids(session, reach, asked, size + 1)
    place = {item: number for number, item in enumerate(ids[:size])}
    rows = session.execute(_in_reach(reach).where(Reflection.id.in_(place))).all()
    items = _read(session, reach, sorted(rows, key=lambda row: place[row[0].id]), depth)
    return Page(items, ids[size - 1] if len(ids) > size else None)


def head(session: Session, reach: Reach, asked: Asked, most: int) -> list[str]:
    """The ids at the head of what somebody asks for."""
    ids = found.ids(session, reach, asked, most)
    uids = dict(session.execute(select(Reflection.id, Reflection.uid).where(Reflection.id.in_(ids))).all())
    return [uids[item] for item in ids]


def reasons(session: Session, reach: Reach, asked: Asked) -> Mapping[str, int]:
    """Why these items are there, and how many of the newest :data:`COUNTED` each reason concerns, whichever is asked
    for."""
    newest = replace(asked, why=None, sort=Sort.NEWEST, after=None)
    return counted(session, found.ids(session, reach, newest, COUNTED))


def one(session: Session, reach: Reach, uid: str) -> Item | None:
    """One item, if it is in reach."""
    if not readable(uid):
        return None
    return next(iter(_read(session, reach, session.execute(_in_reach(reach).where(Reflection.uid == uid)).all())), None)


def waiting(session: Session, reach: Reach) -> int:
    """How many wait, counted up to :data:`COUNTED`."""
    some = select(Reflection.id).where(reach(Reflection.site_id), waits(_reflection)).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _in_reach(reach: Reach) -> Select[Reflection, Post, Site]:
    return (
        select(Reflection, Post, Site)
        .join(Post, Post.id == Reflection.post_id)
        .join(Site, Site.id == Reflection.site_id)
        .where(reach(Reflection.site_id), Reflection.state != State.ERASED)
    )


def _read(session: Session, reach: Reach, found: Sequence[Found], depth: Depth = WHOLE) -> list[Item]:
    ids = [row[0].id for row in found]
    if not ids:
        return []
    versions, events = _versions(session, ids, depth.versions), _events(session, ids, depth.events)
    ways = _ways(session, ids)
    records = _records(session, reach, {row[0].host for row in found if row[0].host})
    rules = _rules(session, {row[0].rule_id for row in found if row[0].rule_id})
    items = [_item(row, versions[row[0].id], events[row[0].id], ways[row[0].id], records, rules) for row in found]
    return with_notes(session, items)


def _item(
    row: Found,
    versions: list[Version],
    history: list[Happened],
    ways: list[Arrival],
    records: Mapping[tuple[int, str | None], Record],
    rules: Mapping[int | None, SiteRule],
) -> Item:
    item, post, site = row
    return Item(
        id=item.id,
        uid=item.uid,
        kind=item.kind,
        state=item.state,
        source=item.source,
        host=item.host,
        owner=item.owner,
        received=item.received,
        checked=item.checked,
        due=item.due_at,
        reason=Reason(item.reason, item.reason_details or {}) if item.reason and item.reason in REASONS else None,
        latest=item.latest,
        shown=item.shown,
        decided=item.decided,
        post_id=post.id,
        post_url=post.url,
        post_title=post.title,
        site_id=site.id,
        site_url=site.base_url,
        site_name=site.name,
        protocols=tuple(dict.fromkeys(way.protocol for way in ways)),
        targets=tuple(dict.fromkeys(way.target for way in ways)),
        versions=tuple(versions),
        history=tuple(history),
        record=records.get((site.id, item.host), Record()),
        rule=rules.get(item.rule_id),
        sent=sent(ways) if item.latest is None else None,
    )


def _versions(session: Session, ids: Sequence[int], most: int) -> Mapping[int, list[Version]]:
    place = func.row_number().over(partition_by=Revision.reflection_id, order_by=Revision.number.desc())
    ranked = (
        select(Revision, place.label("place"), Reflection.shown.label("is_shown"), Reflection.latest.label("is_latest"))
        .join(Reflection, Reflection.id == Revision.reflection_id)
        .where(Revision.reflection_id.in_(ids))
        .subquery()
    )
    kept = (ranked.c.place <= most) | ranked.c.number.in_((ranked.c.is_shown, ranked.c.is_latest))
    revision = aliased(Revision, ranked)
    found: dict[int, list[Version]] = defaultdict(list)
    with_picture = select(revision, Picture.hash).outerjoin(Picture, Picture.id == revision.picture_id)
    for one, picture in session.execute(with_picture.where(kept).order_by(revision.number.desc())):
        found[one.reflection_id].append(_version(one, picture))
    return found


def _version(one: Revision, picture: str | None) -> Version:
    current = one.cleaned_by >= clean.VERSION
    return Version(
        number=one.number,
        made=one.made,
        made_by=one.made_by,
        relation=one.relation,
        title=one.title,
        author_name=one.author_name,
        author_url=one.author_url,
        author_photo=one.author_photo,
        picture=picture,
        content=clean.stored(one.html) if current else clean.html(one.html, None),
        text=one.text,
        summary=one.summary,
        url=one.url,
        moved_to=one.moved_to,
        published=one.published,
        rsvp=one.rsvp,
        site_name=one.site_name,
        updated=one.updated,
        photos=tuple(one.photos or ()),
        syndication=tuple(one.syndication or ()),
        categories=tuple(one.categories or ()),
        evidence=Evidence.from_json(one.evidence) if one.evidence else None,
        spam=one.spam,
        weighed=tuple(Ground(*reason) for reason in one.weighed or ()),
        portrait=one.portrait,
    )


def _events(session: Session, ids: Sequence[int], most: int) -> Mapping[int, list[Happened]]:
    place = func.row_number().over(partition_by=Event.reflection_id, order_by=Event.id.desc())
    ranked = select(Event, place.label("place")).where(Event.reflection_id.in_(ids)).subquery()
    event = aliased(Event, ranked)
    kept = (ranked.c.place <= most) | (ranked.c.came_from == State.GONE)
    found: dict[int, list[Happened]] = defaultdict(list)
    for one in session.scalars(select(event).where(kept).order_by(event.id.desc())):
        found[one.reflection_id].append(happened(one))
    return found


def happened(one: Event) -> Happened:
    """The event as it is told."""
    return Happened(one.id, one.at, one.by, one.came_from, one.went_to, one.seen, one.reason, one.details or {})


def _ways(session: Session, ids: Sequence[int]) -> Mapping[int, list[Arrival]]:
    found: dict[int, list[Arrival]] = defaultdict(list)
    for way in session.scalars(select(Arrival).where(Arrival.reflection_id.in_(ids)).order_by(Arrival.id)):
        found[way.reflection_id].append(way)
    return found


def _records(session: Session, reach: Reach, hosts: Iterable[str]) -> Mapping[tuple[int, str | None], Record]:
    def of(state: State) -> ColumnElement[Any]:
        return func.sum(case((Reflection.state == state, 1), else_=0))

    rows = session.execute(
        select(
            Reflection.site_id,
            Reflection.host,
            of(State.APPROVED),
            of(State.SPAM),
            of(State.REJECTED),
        )
        .where(Reflection.host.in_(sorted(hosts)), reach(Reflection.site_id), Reflection.state.in_(_DECIDED))
        .group_by(Reflection.site_id, Reflection.host)
    )
    return {(site, host): Record(approved, spam, rejected) for site, host, approved, spam, rejected in rows}


def _rules(session: Session, numbers: Set[int]) -> Mapping[int | None, SiteRule]:
    if not numbers:
        return {}
    rows = session.execute(select(Rule.id, Rule.kind, Rule.value, Rule.verdict).where(Rule.id.in_(numbers)))
    return {row[0]: SiteRule(*row) for row in rows}
