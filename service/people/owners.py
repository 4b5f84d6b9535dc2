"""The owners' pages, ``/admin/people``: who may decide and where, invitations, changes, and the end of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.database import db, write
from service.model import Moderator, ModeratorSite, Passkey
from service.model import site as every_site
from service.people import invitations, moderators
from service.people.guard import OwnersOnly, entrance, owners_only, person
from service.people.roles import ROLES

Result = TypeVar("Result")


def blueprint() -> Blueprint:
    """The pages; the guard is before them already."""
    pages = Blueprint("owners", __name__)
    pages.before_request(owners_only)
    pages.add_url_rule("/people", view_func=everyone)
    pages.add_url_rule("/people/invite", view_func=invite, methods=["POST"])
    pages.add_url_rule("/people/withdraw", view_func=withdraw, methods=["POST"])
    pages.add_url_rule("/people/change", view_func=change, methods=["POST"])
    pages.add_url_rule("/people/remove", view_func=remove, methods=["POST"])
    return pages


def everyone() -> ResponseReturnValue:
    """``/admin/people``: everybody with role and sites, and the invitations that wait."""
    return _page()


def invite() -> ResponseReturnValue:
    """``/admin/people/invite``: a link for one person. It is on this answer and nowhere else."""
    whom, role, sites, now = request.form.get("whom", ""), _role(), _sites(), datetime.now(UTC)

    def work(session: Session, owner: Moderator) -> tuple[str, str]:
        new, token = invitations.invite(session, owner, whom, role, sites, now)
        return new.whom, token

    try:
        called, token = _as_owner(work)
    except moderators.BadModerator as bad:
        return _page(bad.code, asked=(whom, role, sites))
    _log("invited %r as %s", called, role)
    return _page(link=f"{entrance().base_url}/admin/join?invitation={token}", called=called)


def withdraw() -> ResponseReturnValue:
    """``/admin/people/withdraw``: the link is worth nothing from here on."""
    one = _number("id")
    _as_owner(lambda session, _owner: invitations.withdraw(session, one))
    return _back("withdrawn")


def change() -> ResponseReturnValue:
    """``/admin/people/change``: another role, other sites."""
    mine, one, role, sites = person().id, _number("id"), _role(), _sites()

    def work(session: Session) -> str | None:
        changed = moderators.change(session, mine, one, role, sites)
        return changed.name if changed else None

    return _done(work, one, "changed", f"made %r {role}")


def remove() -> ResponseReturnValue:
    """``/admin/people/remove``: somebody is no moderator any more; what he decided stays as it is."""
    mine, one = person().id, _number("id")

    def work(session: Session) -> str | None:
        removed = moderators.remove(session, mine, one)
        return removed.name if removed else None

    return _done(work, one, "removed", "removed %r")


def _done(work: Callable[[Session], str | None], one: int, done: str, logged: str) -> ResponseReturnValue:
    """Does it, and leads back; to the sign-in, where an owner did it to himself."""
    try:
        name = write(work)
    except moderators.NoOwner:
        raise OwnersOnly from None
    except moderators.BadModerator as bad:
        return _page(bad.code, one)
    if name is None:
        abort(404)
    _log(logged, name)
    return _back(done)


def _as_owner(work: Callable[[Session, Moderator], Result]) -> Result:
    """Does what only an owner may, who is one until it is done."""
    mine = person().id
    try:
        return write(lambda session: work(session, moderators.as_owner(session, mine)))
    except moderators.NoOwner:
        raise OwnersOnly from None


def _page(
    wrong: str = "",
    about: int | None = None,
    asked: tuple[str, str, list[int]] = ("", "moderator", []),
    link: str = "",
    called: str = "",
) -> ResponseReturnValue:
    """The page. ``wrong`` is a mistake ``about`` a person or, without, in the invitation that was ``asked`` for."""
    session = db.session()
    given: dict[int, list[int]] = {}
    for moderator_id, site_id in session.execute(select(ModeratorSite.moderator_id, ModeratorSite.site_id)):
        given.setdefault(moderator_id, []).append(site_id)
    counted = select(Passkey.moderator_id, func.count()).group_by(Passkey.moderator_id)
    page = render_template(
        "people/everyone.html",
        everyone=session.scalars(select(Moderator).order_by(func.lower(Moderator.name))).all(),
        given=given,
        passkeys={one[0]: one[1] for one in session.execute(counted)},
        sites=every_site.every(session),
        invitations=invitations.waiting(session, datetime.now(UTC)),
        wrong=wrong,
        about=about,
        asked=asked,
        link=link,
        called=called,
    )
    return make_response(page, 422 if wrong else 201 if link else 200)


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("people.owners.everyone", done=done), 303)


def _log(what: str, *about: object) -> None:
    current_app.logger.info(f"%r {what}", person().name, *about)


def _role() -> str:
    role = request.form.get("role", "")
    return role if role in ROLES else abort(400)


def _sites() -> list[int]:
    return [int(one) for one in request.form.getlist("site") if one.isascii() and one.isdigit() and len(one) <= 9]


def _number(name: str) -> int:
    given = request.form.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        abort(400)
    return int(given)
