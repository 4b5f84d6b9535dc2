"""The last thirty days of one's sites, from the daily numbers: a few rows a day, however many items there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.model import Counted, Daily, Post
from service.model.daily import DAYS, TOOK
from service.people.roles import Reach
from service.values.state import State

SHOWN = 10
"""Posts and hosts that are named."""

DECISIONS = (State.APPROVED, State.REJECTED, State.SPAM)


@dataclass(frozen=True, slots=True)
class Day:
    """What came on one day, and what was decided on it."""

    date: date
    arrived: int
    decided: Mapping[str, int]
    """By its :data:`DECISIONS`, rules' decisions among them."""


@dataclass(frozen=True, slots=True)
class Share:
    """How one kind or type fared."""

    name: str
    arrived: int
    approved: int
    decided: int

    @property
    def share(self) -> float | None:
        """Of what was decided, how much was approved."""
        return self.approved / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Named:
    """How much came to a post, or from a host."""

    key: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Month:
    """Thirty days."""

    days: Sequence[Day]
    kinds: Sequence[Share]
    types: Sequence[Share]
    posts: Sequence[Named]
    hosts: Sequence[Named]
    took: Sequence[tuple[str, int]]
    """How long people took: the name of the span, and how many decisions took no longer."""
    by_rule: int
    """Decisions that nobody had to make."""
    counted: datetime | None
    """When today was counted."""

    @property
    def arrived(self) -> int:
        return sum(day.arrived for day in self.days)

    @property
    def decided(self) -> int:
        return sum(sum(day.decided.values()) for day in self.days)

    @property
    def approved(self) -> int:
        return sum(day.decided[State.APPROVED] for day in self.days)

    @property
    def share(self) -> float | None:
        return self.approved / self.decided if self.decided else None


def month(session: Session, reach: Reach, site: int | None, today: date) -> Month:
    """The thirty days to today of all sites in reach, or of one of them."""
    first = today - timedelta(days=DAYS - 1)
    of_site = [Daily.site_id == site] if site is not None else []
    where = (reach(Daily.site_id), Daily.day >= first, Daily.day <= today, *of_site)
    total = func.sum(Daily.number)
    by_day = select(Daily.day, Daily.what, Daily.which, total).where(
        *where, Daily.what.in_(("kind", "decided", "ruled"))
    )
    rows = session.execute(by_day.group_by(Daily.day, Daily.what, Daily.which)).all()
    whole = select(Daily.what, Daily.which, total).where(*where, Daily.what.not_in(("decided", "ruled")))
    sums: dict[str, dict[str, int]] = {}
    for what, which, number in session.execute(whole.group_by(Daily.what, Daily.which)):
        sums.setdefault(what, {})[which] = int(number)
    took = sums.get("took", {})
    return Month(
        days=_days(first, [(day, what, which, int(number)) for day, what, which, number in rows]),
        kinds=_shares(sums.get("kind", {}), sums.get("kind_went", {})),
        types=_shares(sums.get("type", {}), sums.get("type_went", {})),
        posts=_posts(session, _most(sums.get("post", {}))),
        hosts=[Named(host, host, number) for host, number in _most(sums.get("host", {}))],
        took=[(name, took.get(name, 0)) for name, _ in TOOK],
        by_rule=sum(int(number) for _, what, _, number in rows if what == "ruled"),
        counted=session.scalar(select(Counted.at).where(Counted.day == today)),
    )


def _days(first: date, rows: Sequence[tuple[date, str, str, int]]) -> Sequence[Day]:
    arrived: dict[date, int] = {}
    decided: dict[date, dict[str, int]] = {}
    for day, what, which, number in rows:
        if what == "kind":
            arrived[day] = arrived.get(day, 0) + number
        else:
            of_day = decided.setdefault(day, {})
            of_day[which] = of_day.get(which, 0) + number
    return [
        Day(day, arrived.get(day, 0), MappingProxyType({to: decided.get(day, {}).get(to, 0) for to in DECISIONS}))
        for day in (first + timedelta(days=count) for count in range(DAYS))
    ]


def _shares(arrived: Mapping[str, int], went: Mapping[str, int]) -> Sequence[Share]:
    found: dict[str, Share] = {name: Share(name, number, 0, 0) for name, number in arrived.items()}
    for which, number in went.items():
        name, _, to = which.partition(" ")
        one = found.get(name, Share(name, 0, 0, 0))
        approved = one.approved + (number if to == State.APPROVED else 0)
        found[name] = Share(name, one.arrived, approved, one.decided + number)
    return sorted(found.values(), key=lambda one: (-one.arrived, -one.decided, one.name))


def _most(numbers: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda one: (-one[1], one[0]))[:SHOWN]


def _posts(session: Session, most: Sequence[tuple[str, int]]) -> Sequence[Named]:
    ids = [int(key) for key, _ in most]
    names = {post.id: post.title or post.url for post in session.scalars(select(Post).where(Post.id.in_(ids)))}
    return [Named(key, names[int(key)], number) for key, number in most if int(key) in names]
