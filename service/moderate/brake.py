"""``/admin/brake``: for some hours nothing is approved without a person, or nothing new is taken at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext, ngettext
from service.model import Brake, Site
from service.model import brake as brakes
from service.people import back_to, person

HOURS = (1, 6, 24, 72)

MOST_PAST = 50
"""Pulls that are told of, the newest."""

_DIGITS = 9


def register(room: Blueprint) -> None:
    """Adds the page, its acts, and what a list's own brake needs."""
    room.context_processor(lambda: {"brake": {"hours": HOURS, "span": span, "sites": _known_sites}})
    room.add_url_rule("/brake", "brake", brake)
    room.add_url_rule("/brake", "pull_brake", pull, methods=["POST"])
    room.add_url_rule("/brake/end", "let_go", let_go, methods=["POST"])


def brake() -> ResponseReturnValue:
    """The brakes, and who pulled them before."""
    past = db.session.execute(
        select(Brake, Site)
        .join(Site, Site.id == Brake.site_id)
        .where(person().reach(Site.id))
        .order_by(Brake.id.desc())
        .limit(MOST_PAST)
    )
    return render_template("moderate/brake.html", past=[tuple(row) for row in past])


def pull() -> ResponseReturnValue:
    """``what`` for ``hours`` on one ``site``, or on all of one's own."""
    given = request.form.get("hours", "")
    if given not in map(str, HOURS):
        abort(400)
    what, sites, by, now = _what(), _sites(), person().name, datetime.now(UTC)
    until = now + timedelta(hours=int(given))

    def work(session: Session) -> None:
        brakes.pull(session, sites, what, by, now, until)

    write(work)
    return _back()


def let_go() -> ResponseReturnValue:
    """``what``, on these sites, ends before its time."""
    what, sites, by, now = _what(), _sites(), person().name, datetime.now(UTC)

    def work(session: Session) -> None:
        brakes.let_go(session, sites, what, by, now)

    write(work)
    return _back()


def span(hours: int) -> str:
    """``6 hours``."""
    if hours <= 24:
        return ngettext("%(num)s hour", "%(num)s hours", hours)
    return ngettext("%(num)s day", "%(num)s days", hours // 24)


def _what() -> str:
    what = request.form.get("what", "")
    if what not in brakes.UNTIL:
        abort(400)
    return what


def _sites() -> list[int]:
    """Those that the form names, as far as they are one's own; all of these where it names none."""
    named = [given for given in request.form.getlist("site") if given]
    if not all(given.isascii() and given.isdigit() and len(given) <= _DIGITS for given in named):
        abort(400)
    own = select(Site.id).where(person().reach(Site.id))
    found = list(db.session.scalars(own.where(Site.id.in_(map(int, named))) if named else own))
    if not found:
        abort(404)
    return found


def _known_sites() -> list[tuple[str, str]]:
    """What a form lets choose from: all of one's sites, and each of them where they are several."""
    rows = db.session.execute(
        select(Site.id, Site.name, Site.base_url).where(person().reach(Site.id)).order_by(Site.id)
    ).all()
    each = [(str(row.id), row.name or row.base_url) for row in rows]
    return [("", gettext("All sites")), *each] if len(each) > 1 else each


def _back() -> ResponseReturnValue:
    back = request.form.get("back")
    return redirect(back_to(back) if back else url_for("moderate.pages.brake"), 303)
