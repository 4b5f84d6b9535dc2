"""``/admin/triage``: what was learned of a site's decisions, how often it would have been right, and what its owner
lets it decide alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.bell import Bell
from service.database import db, write
from service.decide.precision import Past
from service.decide.triage import AS_GOOD, AS_SPAM, ENOUGH, VERSION
from service.languages import gettext
from service.model import Site, Triage, Weights, weights
from service.moderate import weighing
from service.people import person
from service.values.state import State

FIELDS: Mapping[str, tuple[State, Sequence[float]]] = MappingProxyType({
    "as_spam": (State.SPAM, AS_SPAM),
    "as_good": (State.APPROVED, AS_GOOD),
})  # fmt: skip
"""What the form asks for: where triage would put items alone, and from or to which probabilities."""

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Choice:
    """A probability that may be chosen, and how often triage would have been right beyond it."""

    at: float
    past: Past
    chosen: bool

    @property
    def may_be(self) -> bool:
        return self.past.of >= ENOUGH


def register(room: Blueprint, bell: Bell) -> None:
    """Adds the page, and the words that its template uses."""
    room.context_processor(lambda: {"weighing": weighing})
    room.add_url_rule("/triage", "triage", triage)
    room.add_url_rule("/triage", "let_triage", let, methods=["POST"])
    room.add_url_rule("/triage/learn", "learn", _learning(bell), methods=["POST"])


def triage() -> ResponseReturnValue:
    """``/admin/triage?site=…``: one site."""
    sites = _sites()
    return _page(_site(sites, request.args["site"]) if request.args.get("site") else next(iter(sites), None), sites)


def let() -> ResponseReturnValue:
    """Lets triage decide alone from or to such a probability, or not at all; an owner's to say."""
    if not person().is_owner:
        abort(403)
    sites = _sites()
    site = _site(sites, request.form.get("site", ""))
    wanted = {name: _among(request.form.get(name, ""), allowed) for name, (_, allowed) in FIELDS.items()}
    past = _past(db.session.get(Weights, site.id))
    for name, at in wanted.items():
        if at is not None and past.get(FIELDS[name][0], {}).get(at, Past()).of < ENOUGH:
            return _page(
                site, sites, gettext("Of the past too little is known to let it decide there. Choose again.")
            ), 409
    now, by = datetime.now(UTC), person().name

    def work(session: Session) -> None:
        session.merge(Triage(site_id=site.id, changed=now, changed_by=by, **wanted))

    write(work)
    return redirect(url_for("moderate.pages.triage", site=site.id, saved=1), 303)


def _learning(bell: Bell) -> Callable[[], ResponseReturnValue]:
    def learn() -> ResponseReturnValue:
        """Has what was decided on a site learned now."""
        site, now = _site(_sites(), request.form.get("site", "")), datetime.now(UTC)
        number = site.id
        write(lambda session: weights.want(session, [number], now))
        bell.ring("errands")
        return redirect(url_for("moderate.pages.triage", site=number), 303)

    return learn


def _page(site: Site | None, sites: Sequence[Site], wrong: str | None = None) -> str:
    known = db.session.get(Weights, site.id) if site else None
    setting = db.session.get(Triage, site.id) if site else None
    return render_template(
        "moderate/triage.html",
        site=site,
        sites=sites,
        known=known if known and known.version == VERSION else None,
        setting=setting,
        choices={name: list(_choices(name, known, setting)) for name in FIELDS},
        least=weights.FEWEST,
        enough=ENOUGH,
        wrong=wrong,
        saved=request.args.get("saved", ""),
    )


def _choices(name: str, known: Weights | None, setting: Triage | None) -> Iterable[Choice]:
    to, allowed = FIELDS[name]
    past, chosen = _past(known).get(to, {}), getattr(setting, name, None)
    return (Choice(at, past.get(at, Past()), at == chosen) for at in allowed)


def _past(known: Weights | None) -> weights.PastAt:
    return weights.past_of(known.past) if known and known.version == VERSION else {}


def _among(given: str, allowed: Sequence[float]) -> float | None:
    if not given:
        return None
    return next((at for at in allowed if str(at) == given), None) or abort(400)


def _sites() -> Sequence[Site]:
    return db.session.scalars(select(Site).where(person().reach(Site.id)).order_by(Site.id)).all()


def _site(sites: Sequence[Site], given: str) -> Site:
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) <= _DIGITS else None
    return next((site for site in sites if site.id == wanted), None) or abort(404)
