"""Putting rules in place and taking them away: each with who and when, and nothing of it is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.decide.admissible import BadRule, Draft
from service.model import Rule, Site
from service.model.insert import insert
from service.model.rule import stands
from service.moderate.decisions import Decider
from service.people.roles import Reach

MOST = 500
"""Rules that stand for one site at a time: what an item costs grows with them."""

PAST = 50
"""Rules that were taken away that are listed, the last ones."""


def sites(session: Session, reach: Reach) -> Sequence[Site]:
    """The sites whose rules somebody may change: those on which he decides."""
    return session.scalars(select(Site).where(reach(Site.id)).order_by(Site.id)).all()


def standing(session: Session, site_id: int) -> Sequence[Rule]:
    """The rules that hold, the newest first."""
    return session.scalars(select(Rule).where(Rule.site_id == site_id, stands()).order_by(Rule.id.desc())).all()


def past(session: Session, site_id: int) -> Sequence[Rule]:
    """The rules that were taken away last."""
    gone = select(Rule).where(Rule.site_id == site_id, ~stands()).order_by(Rule.removed.desc(), Rule.id.desc())
    return session.scalars(gone.limit(PAST)).all()


def one(session: Session, reach: Reach, number: int) -> Rule | None:
    """A rule that is in reach, whether it stands or not."""
    return session.scalar(select(Rule).where(Rule.id == number, reach(Rule.site_id)))


def put(session: Session, who: Decider, site_id: int, new: Draft, replaces: int | None, now: datetime) -> int:
    """Puts a rule in place, in that of another perhaps; its number. Raises :class:`BadRule`, and nothing is changed:
    the site or the other is not there (``not_there``), it was taken away before (``removed``), one like it stands
    (``there``), or there are too many."""
    if session.scalar(select(Site.id).where(Site.id == site_id, who.reach(Site.id))) is None:
        raise BadRule("not_there")
    if replaces is not None:
        if (old := one(session, who.reach, replaces)) is None or old.site_id != site_id:
            raise BadRule("not_there")
        remove(session, who, replaces, now)
    if (session.scalar(select(func.count()).where(Rule.site_id == site_id, stands())) or 0) >= MOST:
        raise BadRule("too_many", most=MOST)
    values = {"site_id": site_id, "kind": new.kind, "value": new.value, "verdict": new.verdict, "hits": 0}
    made = {"created": now, "created_by": who.by, "replaces": replaces}
    number: int | None = session.scalar(
        insert(session, Rule).values(values | made).on_conflict_do_nothing().returning(Rule.id)
    )
    if number is None:
        raise BadRule("there")
    return number


def remove(session: Session, who: Decider, number: int, now: datetime) -> Rule:
    """Takes a rule away; what it decided stays. Raises :class:`BadRule` where somebody did so before."""
    gone = session.execute(
        update(Rule)
        .where(Rule.id == number, who.reach(Rule.site_id), stands())
        .values(removed=now, removed_by=who.by)
        .execution_options(synchronize_session=False)
    )
    found = session.scalar(
        select(Rule).where(Rule.id == number, who.reach(Rule.site_id)).execution_options(populate_existing=True)
    )
    if found is None:
        raise BadRule("not_there")
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise BadRule("removed", by=found.removed_by, at=found.removed)
    return found
