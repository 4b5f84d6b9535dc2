"""``/admin/overview``: the month, and the work."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.database import db
from service.languages import gettext, ngettext, spoken
from service.moderate import filters, items
from service.moderate.overview.health import health
from service.moderate.overview.month import DECISIONS, Day, month
from service.moderate.overview.plot import by_day
from service.people import person
from service.values.state import State

SPANS = {
    "hour": "Within an hour",
    "day": "Within a day",
    "week": "Within a week",
    "longer": "Later",
}
"""Written out so that they stand in the catalogues; they are said by gettext."""


def register(room: Blueprint, bell: Bell) -> None:
    """Adds the page; ``bell`` knows the Redis in which workers are registered."""
    room.add_url_rule("/overview", "overview", partial(_overview, bell))


def _overview(bell: Bell) -> ResponseReturnValue:
    """``/admin/overview?site=…``."""
    who, now, session = person(), datetime.now(UTC), db.session()
    sites = list(filters.sites(session, who.reach))
    site = request.args.get("site", "")
    if site and site not in dict(sites):
        abort(404)
    seen = month(session, who.reach, int(site) if site else None, now.date())
    return render_template(
        "moderate/overview.html",
        month=seen,
        plot=by_day(seen.days),
        health=health(session, who.reach, bell.connection, who.is_owner, now),
        waiting=items.waiting(session, who.reach),
        sites=sites,
        site=site,
        decisions=DECISIONS,
        span=lambda name: gettext(SPANS[name]),
        number=_number,
        share=_share,
        day=_day,
        told=_told,
    )


def _number(number: int) -> str:
    return str(format_decimal(number, locale=_locale()))


def _share(share: float | None) -> str:
    return "–" if share is None else str(format_percent(share, locale=_locale()))


def _day(day: date) -> str:
    return format_date(day, "d MMM", locale=_locale())


def _told(day: Day) -> str:
    """``24 Nov: 12 arrived, 8 approved, 0 rejected, 3 spam``."""
    numbers = [
        ngettext("%(num)s arrived", "%(num)s arrived", day.arrived),
        ngettext("%(num)s approved", "%(num)s approved", day.decided[State.APPROVED]),
        ngettext("%(num)s rejected", "%(num)s rejected", day.decided[State.REJECTED]),
        ngettext("%(num)s spam", "%(num)s spam", day.decided[State.SPAM]),
    ]
    return gettext("%(day)s: %(numbers)s", day=_day(day.date), numbers=", ".join(numbers))


def _locale() -> str:
    return spoken().replace("-", "_")
