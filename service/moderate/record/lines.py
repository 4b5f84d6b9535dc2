"""The record's lines, the newest first, by keyset: a page costs the same wherever it is.

Where days are asked for, the lines are in the order of their times, for which there is an index, else in the order in
which they were written. What was done together is one line, where its last step stands that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.model import Batch, Event, Post, Reflection, Revision, Site
from service.moderate.item import Happened
from service.moderate.items import happened
from service.moderate.record.asked import LOOKED, Asked
from service.people.roles import Reach
from service.values.state import State

PAGE = 50


@dataclass(frozen=True, slots=True)
class Together:
    """What was done in one go."""

    number: int
    what: str
    """The state that was asked for, or ``undo``."""
    count: int
    """Its steps, as far as they are asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step, with what it was about."""

    event: Happened
    uid: str
    title: str
    """What the item is called by now; empty where nothing is known of it."""
    source: str | None
    post_title: str
    post_url: str
    site_id: int
    site: str
    batch: int | None
    together: Together | None = None
    """All that was done with it, where that is one line."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the record."""

    lines: Sequence[Line]
    next: int | None = None
    """``after`` of the next page, if there is one."""


def page(session: Session, reach: Reach, asked: Asked, size: int = PAGE) -> Page:
    """What somebody asks for, so many lines at the most."""
    lines = list(_lines(session, _query(session, reach, asked, folded=asked.folded).limit(size + 1)))
    shown: Sequence[Line] = lines[:size]
    if asked.folded:
        shown = _together(session, reach, asked, shown)
    return Page(shown, shown[-1].event.id if len(lines) > size else None)


def every(session: Session, reach: Reach, asked: Asked, most: int, size: int = 500) -> Iterator[Sequence[Line]]:
    """The steps that somebody asks for, each by itself, so many together; ``most`` in all."""
    left = most
    while left > 0:
        lines = list(_lines(session, _query(session, reach, asked, folded=False).limit(min(size, left))))
        if not lines:
            return
        yield lines
        left -= len(lines)
        asked = _after(asked, lines[-1].event.id)


def parts(session: Session, reach: Reach, asked: Asked, most: int, parts: int) -> Sequence[int | None]:
    """Where each part of so many steps begins: ``after`` of its files."""
    found: list[int | None] = [asked.after]
    while len(found) < parts:
        one = _after(asked, found[-1])
        narrow = _query(session, reach, one, folded=False).with_only_columns(Event.id)
        last = session.scalars(narrow.offset(most - 1).limit(2)).all()
        if len(last) < 2:
            break
        found.append(last[0])
    return found


def _after(asked: Asked, after: int | None) -> Asked:
    return replace(asked, after=after)


def _query(session: Session, reach: Reach, asked: Asked, folded: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(Event, Reflection, Revision.title, Revision.author_name, Post.title, Post.url, Site.name, Site.base_url)
        .join(Reflection, Reflection.id == Event.reflection_id)
        .join(Post, Post.id == Reflection.post_id)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Revision, (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.latest))
        .where(*_conditions(Event, reach, asked))
    )
    if folded:
        later = aliased(Event)
        of_it = (later.batch_id == Event.batch_id, later.id > Event.id, *_conditions(later, reach, asked))
        query = query.where(Event.batch_id.is_(None) | ~select(later.id).where(*of_it).exists())
    if asked.after is not None:
        query = query.where(_below(session, asked))
    return query.order_by(*((Event.at.desc(), Event.id.desc()) if asked.dated else (Event.id.desc(),)))


def _below(session: Session, asked: Asked) -> ColumnElement[bool]:
    if not asked.dated:
        return Event.id < asked.after
    at = select(Event.at).where(Event.id == asked.after).scalar_subquery()
    below: ColumnElement[bool] = tuple_(Event.at, Event.id) < tuple_(at, asked.after)
    return below


def _conditions(event: Any, reach: Reach, asked: Asked) -> Iterator[ColumnElement[bool]]:
    # As a sum it is only looked at: what else is asked for leads to fewer rows than the index of a site does.
    site = event.site_id + 0 if asked.by or asked.item or asked.dated or asked.batch else event.site_id
    yield reach(site)
    looked = (event.by == "worker") & (event.came_from == event.went_to)
    if asked.step == LOOKED:
        yield looked
    elif asked.step is not None:
        yield event.went_to == State(asked.step)
        yield ~looked
    else:
        yield ~looked
    if asked.by:
        yield event.by == asked.by
    if asked.site is not None:
        yield site == asked.site
    if asked.item:
        yield event.reflection_id.in_(select(Reflection.id).where(Reflection.uid == asked.item))
    if asked.batch is not None:
        yield event.batch_id == asked.batch
    if asked.since is not None:
        yield event.at >= _midnight(asked.since)
    if asked.until is not None:
        yield event.at < _midnight(min(asked.until, date.max - timedelta(days=1)) + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _lines(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Line]:
    rows: Sequence[Row[*tuple[Any, ...]]] = session.execute(query).all()
    for event, item, title, author, post_title, post_url, name, base in rows:
        known = title or author or item.source or ""
        yield Line(
            event=happened(event),
            uid=item.uid,
            title=known if item.state is not State.ERASED else "",
            source=item.source if item.state is not State.ERASED else None,
            post_title=post_title,
            post_url=post_url,
            site_id=event.site_id,
            site=name or base,
            batch=event.batch_id,
        )
    session.expunge_all()  # a long file keeps nothing of what was written


def _together(session: Session, reach: Reach, asked: Asked, lines: Sequence[Line]) -> Sequence[Line]:
    counted = _batches(session, reach, asked, {line.batch for line in lines if line.batch is not None})
    return [_one_line(line, counted.get(line.batch)) for line in lines]


def _one_line(line: Line, together: Together | None) -> Line:
    if together is None or together.count == 1:
        return line
    return replace(line, together=together)


def _batches(session: Session, reach: Reach, asked: Asked, numbers: set[int]) -> Mapping[int | None, Together]:
    if not numbers:
        return {}
    rows = session.execute(
        select(Batch.id, Batch.what, func.count())
        .join(Event, Event.batch_id == Batch.id)
        .where(Batch.id.in_(numbers), *_conditions(Event, reach, asked))
        .group_by(Batch.id, Batch.what)
    )
    return {number: Together(number, what, count) for number, what, count in rows}
