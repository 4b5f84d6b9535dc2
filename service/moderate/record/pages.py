"""``/admin/record``: the record; ``/admin/record/files``: its parts, as files to take away."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from service.database import db
from service.languages import gettext, ngettext
from service.model import Moderator, ModeratorSite
from service.moderate import done, filters, telling
from service.moderate.record import asked as asking
from service.moderate.record import lines
from service.moderate.record.asked import LOOKED, STEPS, Asked
from service.moderate.record.export import FORMS
from service.people import person
from service.people.roles import OWNER
from service.values.reason import Refused
from service.values.state import State

PART = 20_000
"""Steps of one file: an answer leaves the door as a whole, and may not fill the memory."""

MOST_PARTS = 100


def register(room: Blueprint) -> None:
    """Adds the pages."""
    room.add_url_rule("/record", "record", record)
    room.add_url_rule("/record/files", "record_files", files)
    room.add_url_rule("/record/record.<form>", "record_file", file)


def record() -> ResponseReturnValue:
    """``/admin/record?by=…&site=…&item=…&step=…&since=…&until=…``."""
    asked = _asked()
    if "" in request.args.values():
        return redirect(url_for("moderate.pages.record", **asked.query()))
    return render_template(
        "moderate/record.html",
        page=lines.page(db.session(), person().reach, asked),
        asked=asked,
        place=partial(_place, asked),
        people=_people(),
        steps=[(step, _step(step)) for step in STEPS],
        sites=list(filters.sites(db.session(), person().reach)),
        together=_together,
    )


def files() -> ResponseReturnValue:
    """The parts of what is asked for, each with its files."""
    asked = _asked()
    found = lines.parts(db.session(), person().reach, asked, PART, MOST_PARTS)
    parts = [{form: _file_at(asked, form, after) for form in FORMS} for after in found]
    return render_template(
        "moderate/record_files.html", parts=parts, most=PART, back=_place(asked, after=None), asked=asked
    )


def file(form: str) -> ResponseReturnValue:
    """``/admin/record/record.csv``, ``record.jsonl``: :data:`PART` steps, the newest first."""
    if form not in FORMS:
        abort(404)
    make, media_type = FORMS[form]
    pages = lines.every(db.session(), person().reach, _asked(), PART)
    name = f"record-{datetime.now(UTC):%Y-%m-%d}.{form}"
    answer = Response(b"".join(make(pages)), content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked() -> Asked:
    try:
        return asking.read(request.args)
    except Refused:
        abort(400)


def _place(asked: Asked, **changes: object) -> str:
    return url_for("moderate.pages.record", **asked.query(**changes))


def _file_at(asked: Asked, form: str, after: int | None) -> str:
    return url_for("moderate.pages.record_file", form=form, **asked.query(after=after))


def _step(step: str) -> str:
    return gettext("Nothing changed") if step == LOOKED else telling.state(State(step))


def _together(what: str, count: int) -> str:
    try:
        return done.together(what, count)
    except KeyError:
        return ngettext("%(num)s step", "%(num)s steps", count)


def _people() -> list[str]:
    """The names that may be chosen: of everybody who decides where one does oneself."""
    here = select(ModeratorSite.moderator_id).where(person().reach(ModeratorSite.site_id))
    names = select(Moderator.name).where(or_(Moderator.role == OWNER, Moderator.id.in_(here)))
    return list(db.session.scalars(names.order_by(Moderator.name)))
