"""Numbers of each day, so that an overview of a month reads a few rows and not a million.

A day is counted anew as a whole, for all sites, while it may still change: whoever counts it twice, or at once with
somebody else, leaves the same. A day that is over is counted once more, and then it stays, whatever becomes of items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Select,
    String,
    Text,
    and_,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from service.model.base import Base, Moment
from service.model.event import Event
from service.model.insert import insert
from service.model.reflection import Reflection
from service.model.revision import Revision
from service.values.state import DECIDABLE, State

DAYS = 30
"""Days that are kept and told, today among them."""

TOP = 30
"""Posts and hosts of one day that are kept, those with the most; the sum over days is therefore good for what comes
often, and may miss what came once a day."""

SETTLED = timedelta(hours=1)
"""How long after its end a day may still get something: a transaction that began before midnight."""

AGAIN = timedelta(minutes=1)
"""How often a day that may still change is counted."""

TOOK = (("hour", 3600), ("day", 86_400), ("week", 604_800), ("longer", 2**62))
"""How long a decision took: its name, and the seconds below which it is called that."""


class Daily(Base):
    """One number of one day (UTC) of one site."""

    __tablename__ = "daily"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``kind``, ``type``, ``post`` and ``host``: of what arrived. ``decided``: by a person, ``ruled``: by a rule or by
    triage, each by where it led. ``kind_went`` and ``type_went``: all decisions, ``pingback spam``. ``took``: how long
    until a person decided."""
    which: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column()


class Counted(Base):
    """When a day was counted last."""

    __tablename__ = "counted"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Number:
    """One number to be kept."""

    site: int
    what: str
    which: str
    number: int


def due(session: Session, now: datetime) -> Sequence[date]:
    """The days that are to be counted, the newest first."""
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    counted = dict(session.execute(select(Counted.day, Counted.at).where(Counted.day >= days[-1])).all())
    return [day for day in days if _open(day, counted.get(day), now)]


def count(session: Session, day: date) -> Sequence[Number]:
    """What there is to say of a day; only reads."""
    begin = datetime.combine(day, time.min, UTC)
    end = begin + timedelta(days=1)
    return [*_arrived(session, begin, end), *_decided(session, begin, end), *_took(session, begin, end)]


def keep(session: Session, day: date, numbers: Sequence[Number], now: datetime) -> None:
    """Puts these numbers in the place of those that are kept of the day. Of two who do it at once one waits."""
    marked = insert(session, Counted).values(day=day, at=now)
    session.execute(marked.on_conflict_do_update(index_elements=["day"], set_={"at": now}))
    session.execute(delete(Daily).where(Daily.day == day))
    rows = [
        {"site_id": one.site, "day": day, "what": one.what, "which": one.which, "number": one.number} for one in numbers
    ]
    if rows:
        session.execute(insert(session, Daily).on_conflict_do_nothing(), rows)


def forget(session: Session, now: datetime) -> None:
    """Deletes what is older than anybody asks for."""
    first = now.astimezone(UTC).date() - timedelta(days=DAYS)
    for table in (Daily, Counted):
        session.execute(delete(table).where(table.day < first))


def _open(day: date, at: datetime | None, now: datetime) -> bool:
    """Whether a day is to be counted (again). One that was counted in the future was counted by a wrong clock."""
    final = datetime.combine(day, time.min, UTC) + timedelta(days=1) + SETTLED
    return at is None or at > now or (at < final and now - at >= AGAIN)


_newest = (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.latest)
_type = case((Reflection.kind == literal_column("'comment'"), literal_column("'comment'")), else_=Revision.relation)


def _arrived(session: Session, begin: datetime, end: datetime) -> Iterator[Number]:
    came = (Reflection.received >= begin, Reflection.received < end)
    site, total = Reflection.site_id, func.count()
    yield from _numbers(
        session, "kind", select(site, Reflection.kind, total).where(*came).group_by(site, Reflection.kind)
    )
    with_words = select(site, _type, total).join(Revision, _newest)
    yield from _numbers(session, "type", with_words.where(*came).group_by(site, _type))
    for name, column in (("post", Reflection.post_id), ("host", Reflection.host)):
        counted = select(site.label("site"), column.label("which"), total.label("number"))
        of_day = counted.where(*came, column.is_not(None)).group_by(site, column).subquery()
        place = func.row_number().over(partition_by=of_day.c.site, order_by=(of_day.c.number.desc(), of_day.c.which))
        ranked = select(of_day, place.label("place")).subquery()
        yield from _numbers(
            session, name, select(ranked.c.site, ranked.c.which, ranked.c.number).where(ranked.c.place <= TOP)
        )


def _decided(session: Session, begin: datetime, end: datetime) -> Iterator[Number]:
    """Decisions, each as often as it was made: what was taken back was decided too."""
    by_rule = Event.by.like("rule %") | (Event.by == "triage")
    in_time = (Event.at >= begin, Event.at < end, Event.went_to.in_(sorted(DECIDABLE - {State.PENDING})))
    by_person = (Event.seen.is_not(None), ~by_rule, Event.by != "worker")
    for what, condition in (("decided", by_person), ("ruled", (by_rule, Event.came_from != Event.went_to))):
        query = select(Event.site_id, Event.went_to, func.count()).where(*in_time, *condition)
        yield from _numbers(session, what, query.group_by(Event.site_id, Event.went_to))
    decided = (*in_time, or_(and_(*by_person), by_rule & (Event.came_from != Event.went_to)))
    yield from _went(session, "kind_went", Reflection.kind, *decided)
    yield from _went(session, "type_went", _type, *decided)


def _went(session: Session, what: str, column: Any, *decided: ColumnElement[bool]) -> Iterator[Number]:
    """Where items of each kind, or type, were led."""
    query = (
        select(Event.site_id, column, Event.went_to, func.count())
        .join(Reflection, Reflection.id == Event.reflection_id)
        .outerjoin(Revision, _newest)
        .where(*decided, column.is_not(None))
        .group_by(Event.site_id, column, Event.went_to)
    )
    rows: Sequence[Any] = session.execute(query).all()
    return (Number(site, what, f"{name} {to.value}", number) for site, name, to, number in rows)


def _took(session: Session, begin: datetime, end: datetime) -> Iterator[Number]:
    """How long items that a person decided had been here, each at its first decision."""
    before = aliased(Event)
    earlier = select(before.id).where(
        before.reflection_id == Reflection.id, before.at < begin, before.seen.is_not(None)
    )
    query = (
        select(Event.site_id, Event.reflection_id, func.min(Event.at), Reflection.received)
        .join(Reflection, Reflection.id == Event.reflection_id)
        .where(Event.at >= begin, Event.at < end, Event.seen.is_not(None), Event.came_from == State.PENDING)
        .where(Event.by.not_like("rule %"), Event.by != "triage", ~earlier.exists())
        .group_by(Event.site_id, Event.reflection_id, Reflection.received)
    )
    found: dict[tuple[int, str], int] = {}
    for site, _item, at, received in session.execute(query):
        seconds = (at - received).total_seconds()
        name = next(name for name, below in TOOK if seconds < below)
        found[site, name] = found.get((site, name), 0) + 1
    return (Number(site, "took", name, number) for (site, name), number in found.items())


def _numbers(session: Session, what: str, query: Select[*tuple[Any, ...]]) -> Iterator[Number]:
    return (Number(site, what, str(which), number) for site, which, number in session.execute(query))
