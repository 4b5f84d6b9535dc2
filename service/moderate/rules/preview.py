"""What a rule would have decided about what came lately, beside what people made of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Row, case, select
from sqlalchemy.orm import Session

from service.decide import subject as subjects
from service.decide.admissible import Draft
from service.decide.rules import APPROVE, BLOCKS, KNOWN, Order, SiteRule
from service.decide.subject import Subject
from service.model import Reflection, Revision, acquaintance, rule
from service.model import site as sites
from service.values.address import stored
from service.values.evidence import Evidence
from service.values.state import Kind, State

SPAN = timedelta(days=30)
MOST = 5_000
"""Items that are looked at, the newest."""

PATIENCE = 4.0
"""Seconds after which no more are looked at, however many rules are asked about each."""

LISTED = 50
"""Items that are named, the newest."""

TOGETHER = 250
_FRIENDS = 20_000
_UNDECIDED = (State.RECEIVED, State.FAILED, State.ERASED)

_COLUMNS = (
    Reflection.id,
    Reflection.uid,
    Reflection.kind,
    Reflection.source,
    Reflection.host,
    Reflection.state,
    Reflection.received,
    Reflection.rule_id,
    Revision.relation,
    Revision.title,
    Revision.author_name,
    Revision.author_url,
    Revision.site_name,
    Revision.text,
    Revision.summary,
    case((Reflection.kind == Kind.COMMENT, Revision.html), else_="").label("markup"),
    Revision.evidence,
)


@dataclass(frozen=True, slots=True)
class Met:
    """An item that the rule would have decided."""

    uid: str
    name: str
    source: str | None
    state: State
    received: datetime


@dataclass(slots=True)
class Preview:
    """What a rule would have decided."""

    looked_at: int = 0
    cut: bool = False
    """Whether there were more."""
    by_people: Counter[State] = field(default_factory=Counter)
    """Of those that it would have decided: where people put them, or where they still wait for them."""
    by_rules: int = 0
    """Of those: how many another rule has decided."""
    otherwise: int = 0
    """How many people decided otherwise."""
    against: list[Met] = field(default_factory=list)
    """The newest of those."""
    others: list[Met] = field(default_factory=list)

    @property
    def hits(self) -> int:
        return sum(self.by_people.values()) + self.by_rules

    def note(self, met: Met, by_rule: bool, otherwise: bool) -> None:
        """Counts an item that the rule would have decided."""
        if by_rule:
            self.by_rules += 1
        else:
            self.by_people[met.state] += 1
        self.otherwise += otherwise
        listed = self.against if otherwise else self.others
        if len(listed) < LISTED:
            listed.append(met)


_OTHERWISE: Mapping[str, frozenset[State]] = {
    APPROVE: frozenset({State.SPAM, State.REJECTED}),
    **dict.fromkeys(BLOCKS, frozenset({State.APPROVED})),
}
"""Where people put what the verdict would have put elsewhere; who is asked decides as he likes."""


def preview(session: Session, site_id: int, new: Draft, replaces: int | None, now: datetime) -> Preview:
    """What the rule would have decided of what came within :data:`SPAN`, with the rules that stand beside it: the
    newest :data:`MOST` items at most, as they were when they came."""
    others = [one for one in rule.standing(session, site_id) if one.id != replaces]
    tried = SiteRule(max((one.id for one in others), default=0) + 1, new.kind, new.value, new.verdict)
    alone, together = Order.of([tried]), Order.of([*others, tried])
    knows = any(one.kind == "default" and one.value == KNOWN for one in (*others, tried))
    friends = _friends(session, site_id, now) if knows else {}
    seen, until = Preview(), time.monotonic() + PATIENCE
    for rows in _newest(session, site_id, now - SPAN, seen):
        for row, subject in zip(rows, _subjects(session, site_id, rows), strict=True):
            homes = subject.homes if friends else ()
            known = bool(homes) and all(friends.get(home, row.id) < row.id for home in homes)
            subject = replace(subject, known=known) if known else subject
            # Of all the rules only where it would say something by itself.
            if alone.advise(subject).rule is tried and together.advise(subject).rule is tried:
                by_rule = row.rule_id is not None
                otherwise = not by_rule and row.state in _OTHERWISE.get(new.verdict, ())
                seen.note(_met(row), by_rule, otherwise)
        if len(rows) == TOGETHER and time.monotonic() > until:
            seen.cut = True
            break
    return seen


def _newest(session: Session, site_id: int, since: datetime, seen: Preview) -> Iterator[Sequence[Row[Any]]]:
    """What was verified since then, the newest first, some at a time."""
    since_then = Reflection.received >= since
    first = session.scalar(select(Reflection.id).where(since_then).order_by(Reflection.received).limit(1))
    # What came before is not even walked over, however much it is.
    query = (
        select(*_COLUMNS)
        .join(Revision, (Revision.reflection_id == Reflection.id) & (Revision.number == 1))
        .where(Reflection.site_id == site_id, Reflection.id >= (first or 0))
        .where(Reflection.state.not_in(_UNDECIDED), since_then)
        .order_by(Reflection.id.desc())
        .limit(TOGETHER)
    )
    before: int | None = None
    while True:
        rows = session.execute(query if before is None else query.where(Reflection.id < before)).all()
        if seen.looked_at + len(rows) > MOST:
            rows, seen.cut = rows[: MOST - seen.looked_at], True
        seen.looked_at += len(rows)
        if rows:
            yield rows
        if len(rows) < TOGETHER:
            return
        before = rows[-1].id


def _subjects(session: Session, site_id: int, rows: Sequence[Row[Any]]) -> list[Subject]:
    found = [_subject(row) for row in rows]
    owners = iter(sites.owners(session, [address for subject in found for address in subject.way]))
    ours = [[owner is not None and owner.id == site_id for owner in islice(owners, len(one.way))] for one in found]
    return [replace(one, ours=True) if own and all(own) else one for one, own in zip(found, ours, strict=True)]


def _subject(row: Row[Any]) -> Subject:
    texts = (row.title, row.author_name, row.site_name, row.text, row.summary)
    if row.kind == Kind.COMMENT:
        return subjects.comment(row.author_url, texts, row.markup)
    evidence = Evidence.from_json(row.evidence) if row.evidence else None
    return subjects.linkback(row.kind, stored(row.source), evidence, row.relation, row.author_url, texts)


def _friends(session: Session, site_id: int, now: datetime) -> Mapping[str, int]:
    hosts = session.scalars(
        select(Reflection.host)
        .where(Reflection.site_id == site_id, Reflection.received >= now - SPAN, Reflection.host.is_not(None))
        .distinct()
        .limit(MOST)
    )
    return acquaintance.known_homes(session, site_id, [host for host in hosts if host], _FRIENDS)


def _met(row: Row[Any]) -> Met:
    return Met(row.uid, row.title or row.author_name or row.uid, row.source, row.state, row.received)
