"""What there is to learn from: what people of a site decided, in the order of time, with what they had before them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from service.decide import subject as subjects
from service.decide.folds import Standing
from service.decide.subject import Subject
from service.decide.triage import Traits, traits
from service.model import Event, Reflection, Revision, weights
from service.values.address import stored
from service.values.evidence import Evidence
from service.values.state import Kind, State

MOST = 10_000
"""Decisions from which is learned, the newest."""

TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Lesson:
    """One decision: the traits of an item, and what a person made of it."""

    buckets: array[int]
    counts: array[float]
    """How much each of them counts."""
    decided: State
    """``approved`` or ``spam``; or ``rejected``, of which nothing is learned: it is neither, and triage that puts it
    anywhere alone was wrong."""

    @classmethod
    def of(cls, traits: Traits, decided: State) -> Lesson:
        """The same in little room: there are thousands of them."""
        return cls(array("I", [trait.bucket for trait in traits]), array("f", traits.values()), decided)

    @property
    def counted(self) -> Iterator[tuple[int, float]]:
        return zip(self.buckets, self.counts, strict=True)


def lessons(session: Session, site_id: int) -> Iterator[Lesson]:
    """The decisions of this site that stand, the oldest first. What was decided of a host counts as it was then."""
    record = dict[str, Counter[bool]]()
    for rows in session.execute(_of(site_id)).partitions(TOGETHER):
        for row in rows:
            if (row.details or {}).get("show", row.seen) != row.seen:
                continue  # it kept an older version up: nothing is said of the newer one
            seen = record.setdefault(row.host, Counter()) if row.host else None
            standing = None if seen is None else Standing.of(seen[True], seen[False])
            yield Lesson.of(traits(subject(row), standing), row.state)
            if seen is not None:
                seen[row.state is State.APPROVED] += 1


def last(session: Session, site_id: int) -> int:
    """The number of the newest decision."""
    return session.scalar(select(func.max(Event.id)).where(Event.site_id == site_id, weights.by_a_person())) or 0


def subject(row: Row[Any]) -> Subject:
    """What was weighed of it when it came (:mod:`workers.settle`)."""
    texts: Sequence[str | None] = (row.title, row.author_name, row.site_name, row.text, row.summary)
    if row.kind == Kind.COMMENT:
        return subjects.comment(row.author_url, (row.author_name, row.title, row.text), row.html)
    evidence = Evidence.from_json(row.evidence) if row.evidence else None
    return subjects.linkback(row.kind, stored(row.source), evidence, row.relation, row.author_url, texts)


def _of(site_id: int) -> Select[Any]:
    stands: ColumnElement[bool] = Event.went_to == Reflection.state
    newest = (
        select(func.max(Event.id).label("id"))
        .join(Reflection, Reflection.id == Event.reflection_id)
        .where(Event.site_id == site_id, weights.by_a_person(), stands)
        .group_by(Event.reflection_id)
        .order_by(func.max(Event.id).desc())
        .limit(MOST)
        .subquery()
    )
    return (
        select(
            Event.seen,
            Event.details,
            Reflection.kind,
            Reflection.source,
            Reflection.host,
            Reflection.state,
            Revision.relation,
            Revision.title,
            Revision.author_name,
            Revision.author_url,
            Revision.site_name,
            Revision.text,
            Revision.summary,
            Revision.html,
            Revision.evidence,
        )
        .join_from(newest, Event, Event.id == newest.c.id)
        .join(Reflection, Reflection.id == Event.reflection_id)
        .join(Revision, (Revision.reflection_id == Reflection.id) & (Revision.number == Event.seen))
        .order_by(newest.c.id)
        .execution_options(yield_per=TOGETHER)
    )
