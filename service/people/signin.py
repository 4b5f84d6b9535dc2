"""The pages of sign-in: in, out, and a new password."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from service.database import db, write
from service.model import Moderator
from service.people import moderators, passwords, sessions
from service.people.guard import entrance, give_cookie, person, take_cookie, token

_OUR_PATH = re.compile(r"/admin/[^\\\x00-\x20\x7f]*")


def sign_in() -> ResponseReturnValue:
    """``/admin/sign-in``: name and password. Who guesses too often is told when he is heard again (429)."""
    back = back_to(request.values.get("next"))
    if request.method == "GET":
        return redirect(back) if current_user.is_authenticated else _form(back)
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    wait = entrance().guessing.take(name, _address())
    if wait:
        return _form(back, name, wait=wait)
    known = moderators.named(db.session(), name)
    if not passwords.fits(password, known.password_hash if known else None) or known is None:
        current_app.logger.warning("sign-in refused: name=%r address=%s", name[:60], _address())
        return _form(back, name, wrong=True)
    entrance().guessing.right(name, _address())
    current_app.logger.info("signed in: name=%r address=%s", known.name, _address())
    return give_cookie(make_response(redirect(back, 303)), _begin(known.id))


def sign_out() -> ResponseReturnValue:
    """``/admin/sign-out``: ends this session, on the server."""
    ended = token()
    if ended:
        write(lambda session: sessions.end(session, ended))
    return take_cookie(make_response(redirect(url_for("people.sign_in"), 303)))


def password() -> ResponseReturnValue:
    """``/admin/password``: a new one. All sessions of this person end; this browser gets a new one."""
    if request.method == "GET":
        return render_template("people/password.html", wrong=None, shortest=passwords.SHORTEST)
    who = person()
    wait = entrance().guessing.take(who.name, _address())
    if wait:
        return _password_page("wait", wait)
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if not passwords.fits(old, db.session.get_one(Moderator, who.id).password_hash):
        return _password_page("old")
    entrance().guessing.right(who.name, _address())
    weak = passwords.weakness(new, who.name)
    if weak:
        return _password_page(weak)
    now = datetime.now(UTC)

    def change(session: Session) -> str:
        moderators.set_password(session, session.get_one(Moderator, who.id), new)
        return sessions.begin(session, who.id, now)

    return give_cookie(make_response(redirect(url_for("people.password", changed=1), 303)), write(change))


def back_to(wanted: str | None) -> str:
    """Where to go after signing in: a page of the dashboard, whatever ``next`` says (CWE-601)."""
    root = request.script_root
    ours = wanted is not None and wanted.startswith(root) and _OUR_PATH.fullmatch(wanted[len(root) :])
    return wanted if wanted and ours else f"{root}/admin/"


def _begin(moderator_id: int) -> str:
    """A new session; one that the browser came with ends (CWE-384)."""
    old, now = token(), datetime.now(UTC)

    def begin(session: Session) -> str:
        if old:
            sessions.end(session, old)
        return sessions.begin(session, moderator_id, now)

    return write(begin)


def _form(back: str, name: str = "", wait: int = 0, wrong: bool = False) -> ResponseReturnValue:
    page = make_response(
        render_template("people/sign_in.html", back=back, name=name, wait=wait, wrong=wrong),
        429 if wait else 422 if wrong else 200,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def _password_page(wrong: str, wait: int = 0) -> ResponseReturnValue:
    page = make_response(
        render_template("people/password.html", wrong=wrong, wait=wait, shortest=passwords.SHORTEST),
        429 if wait else 422,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page


def _address() -> str:
    return request.remote_addr or ""
