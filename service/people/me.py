"""One's own page, ``/admin/me``: password, passkeys, and the browsers in which one is signed in."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import db, write
from service.model import Moderator, Site
from service.model.site import hashed
from service.people import ceremony, challenges, moderators, passkeys, passwords, sessions, telling
from service.people.guard import address, entrance, fresh, give_cookie, person, this_browser, token
from service.people.signin import too_often


def me() -> ResponseReturnValue:
    """``/admin/me``."""
    return _page()


def set_password() -> ResponseReturnValue:
    """``/admin/me/password``: a new one, for whoever knows the old one; without an old one, for whoever has just signed
    in. All sessions of this person end; this browser gets a new one.
    """
    who, browser, now = person(), this_browser(), datetime.now(UTC)
    kept = db.session.get_one(Moderator, who.id).password_hash
    if kept is None and not fresh():
        return _sign_in_again()
    wait = entrance().guessing.take(who.name, address())
    if wait:
        return _page(said=too_often(wait), wait=wait)
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if kept is not None and not passwords.fits(old, kept):
        return _page("old")
    entrance().guessing.right(who.name, address())

    def change(session: Session) -> str | None:
        if moderators.still(session, who.id, kept) is None:
            return None
        moderators.set_password(session, session.get_one(Moderator, who.id), new)
        return sessions.begin(session, who.id, browser, now)

    try:
        begun = write(change)
    except moderators.BadModerator as wrong:
        return _page(wrong.code)
    if begun is None:  # he was removed, or has another password, since he was asked for the old one
        return _sign_in_again()
    return give_cookie(make_response(_back("password")), begun)


def passkey_challenge() -> ResponseReturnValue:
    """``/admin/me/passkeys/challenge``: what a device is to make a passkey of, as JSON."""
    who, party, now = person(), entrance().party, datetime.now(UTC)
    if party is None or not fresh():
        abort(403)
    challenge = write(lambda session: challenges.give(session, challenges.of_person(who.id), now))
    signer = ceremony.Signer(who.name, db.session.get_one(Moderator, who.id).handle)
    known = [one.credential for one in passkeys.of(db.session(), who.id)]
    return jsonify(ceremony.to_make(party, signer, known, challenge))


def add_passkey() -> ResponseReturnValue:
    """``/admin/me/passkeys``: keeps the one that was just made."""
    who, now = person(), datetime.now(UTC)
    if not fresh():
        return _sign_in_again()
    made = answered(request.form.get("credential", ""), challenges.of_person(who.id))
    name = request.form.get("name", "").strip() or telling.browser(this_browser())
    if made is None or not write(lambda session: passkeys.keep(session, who.id, made, name, now)):
        return _page("passkey")
    return _back("passkey")


def name_passkey() -> ResponseReturnValue:
    """``/admin/me/passkeys/name``: calls one's passkey something else."""
    mine, key, name = person().id, _number("id"), request.form.get("name", "")
    write(lambda session: passkeys.rename(session, mine, key, name))
    return _back("named")


def remove_passkey() -> ResponseReturnValue:
    """``/admin/me/passkeys/remove``: it opens nothing any more."""
    mine, key = person().id, _number("id")
    try:
        write(lambda session: passkeys.remove(session, mine, key))
    except passkeys.LastWayIn:
        return _page("last_way")
    return _back("removed")


def end_session() -> ResponseReturnValue:
    """``/admin/me/sessions/end``: ends one, or all but this one."""
    mine, this, one = person().id, token() or "", request.form.get("session", "")
    if one:
        write(lambda session: sessions.end_one(session, mine, one))
    else:
        write(lambda session: sessions.end_others(session, mine, this))
    return _back("ended")


def answered(given: str, purpose: str) -> ceremony.Made | None:
    """The passkey that was made for our challenge of this purpose, which is spent by asking."""
    party, answer, now = entrance().party, ceremony.read(given), datetime.now(UTC)
    if party is None or answer is None:
        return None
    if not write(lambda session: challenges.take(session, answer.challenge, purpose, now)):
        return None
    return ceremony.made(party, answer)


def _page(wrong: str = "", said: str = "", wait: int = 0) -> ResponseReturnValue:
    """The page, with what is wrong."""
    who, session = person(), db.session()
    page = render_template(
        "people/me.html",
        wrong=wrong,
        said=said,
        sites=session.scalars(select(Site).where(who.reach(Site.id)).order_by(Site.id)).all(),
        has_password=session.get_one(Moderator, who.id).password_hash is not None,
        passkeys=passkeys.of(session, who.id),
        sessions=sessions.living(session, who.id, datetime.now(UTC)),
        here=hashed(token() or ""),
        fresh=fresh(),
    )
    answer = make_response(page, 429 if wait else 422 if wrong else 200)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("people.me", done=done), 303)


def _sign_in_again() -> ResponseReturnValue:
    return redirect(url_for("people.sign_in", again=1, next=url_for("people.me")), 303)


def _number(name: str) -> int:
    given = request.form.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        abort(400)
    return int(given)
