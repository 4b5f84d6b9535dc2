"""From whose places a site has approved something before, and never had spam; and what it made of a host so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.decide.folds import Standing
from service.decide.subject import home
from service.model.reflection import Reflection
from service.model.revision import Revision
from service.values.address import stored
from service.values.state import State

LOOKED_AT = 500
"""Decided items of these domains that are looked at, the newest."""


def known_homes(session: Session, site_id: int, domains: Collection[str], most: int = LOOKED_AT) -> Mapping[str, int]:
    """The homes (:func:`service.decide.subject.home`) on these registrable domains from which something is approved and
    nothing is spam, each with the first item that is approved."""
    if not domains:
        return {}
    rows = session.execute(
        select(Reflection.id, Reflection.state, Reflection.source, Revision.author_url)
        .join(
            Revision,
            (Revision.reflection_id == Reflection.id)
            & (Revision.number == func.coalesce(Reflection.shown, Reflection.latest)),
        )
        .where(
            Reflection.host.in_(sorted(domains)),
            Reflection.site_id == site_id,
            Reflection.state.in_((State.APPROVED, State.SPAM)),
        )
        .order_by(Reflection.id.desc())
        .limit(most)
    )
    welcome: dict[str, int] = {}
    spam: set[str] = set()
    for number, state, source, author in rows:
        if (address := stored(source)) is not None:
            place = home(address, stored(author))
            if state is State.SPAM:
                spam.add(place)
            else:
                welcome[place] = number
    return {place: number for place, number in welcome.items() if place not in spam}


def standing(session: Session, site_id: int, host: str) -> Standing:
    """What was decided so far of what this registrable domain sent to the site."""

    def any_is(*states: State) -> ColumnElement[bool]:
        from_there = Reflection.host == host, Reflection.site_id == site_id, Reflection.state.in_(states)
        return select(Reflection.id).where(*from_there).exists()

    good, bad = session.execute(select(any_is(State.APPROVED), any_is(State.SPAM, State.REJECTED))).one()
    return Standing.of(good, bad)
