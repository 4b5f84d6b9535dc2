"""The pages of sign-in: in by password or passkey, and out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import ngettext
from service.people import ceremony, challenges, moderators, passkeys, passwords, sessions
from service.people.guard import address, entrance, give_cookie, take_cookie, this_browser, token
from service.values import clean

_OUR_PATH = re.compile(r"/admin/[^\\\x00-\x20\x7f]*")


def sign_in() -> ResponseReturnValue:
    """``/admin/sign-in``: name and password, or a passkey. Who guesses too often is told when he is heard again (429).

    Who is signed in goes on to where he wants, unless he asks to sign in ``again``.
    """
    back = back_to(request.values.get("next"))
    if request.method != "POST":
        stays = current_user.is_authenticated and "again" not in request.args
        return redirect(back) if stays else _form(back)
    return _by_passkey(back) if "credential" in request.form else _by_password(back)


def sign_in_challenge() -> ResponseReturnValue:
    """``/admin/sign-in/challenge``: what a browser is to sign, as JSON."""
    here = entrance()
    if here.party is None:
        abort(404)
    wait = here.guessing.challenge(address())
    if wait:
        return jsonify(error=too_often(wait)), 429, {"Retry-After": str(wait)}
    now = datetime.now(UTC)
    challenge = write(lambda session: challenges.give(session, challenges.SIGN_IN, now))
    return jsonify(ceremony.to_sign_in(here.party, challenge))


def sign_out() -> ResponseReturnValue:
    """``/admin/sign-out``: ends this session, on the server."""
    ended = token()
    if ended:
        write(lambda session: sessions.end(session, ended))
    return take_cookie(make_response(redirect(url_for("people.sign_in"), 303)))


def let_in(to: str, prove: Callable[[Session], int | None]) -> ResponseReturnValue | None:
    """A new session with its cookie, and on to a page, for whoever ``prove`` gives by id in the same transaction; the
    session that the browser came with ends (CWE-384). ``None`` where that is nobody any more."""
    old, browser, now = token(), this_browser(), datetime.now(UTC)

    def begin(session: Session) -> str | None:
        if (moderator_id := prove(session)) is None:
            return None
        if old:
            sessions.end(session, old)
        return sessions.begin(session, moderator_id, browser, now)

    begun = write(begin)
    return give_cookie(make_response(redirect(to, 303)), begun) if begun else None


def back_to(wanted: str | None) -> str:
    """Where to go after signing in: a page of the dashboard, whatever ``next`` says (CWE-601)."""
    root = request.script_root
    ours = wanted is not None and wanted.startswith(root) and _OUR_PATH.fullmatch(wanted[len(root) :])
    return wanted if wanted and ours else f"{root}/admin/"


def too_often(wait: int) -> str:
    """What is said to whoever has to wait so many seconds."""
    return ngettext(
        "Too many attempts came in a short time. Try again in a minute.",
        "Too many attempts came in a short time. Try again in %(num)s minutes.",
        (wait + 59) // 60,
    )


def _by_password(back: str) -> ResponseReturnValue:
    # Cut and cleaned once, so that what is counted and what is looked for is one name; too long is nobody's.
    name = clean.line(request.form.get("name", ""), moderators.LONGEST_NAME + 1)
    password = request.form.get("password", "")
    wait = entrance().guessing.take(name, address())
    if wait:
        return _form(back, name, wait=wait)
    known = moderators.named(db.session(), name)
    who, kept = (known.id, known.password_hash) if known else (0, None)
    if not passwords.fits(password, kept):
        return _refused(back, name, "password")
    entrance().guessing.right(name, address())
    # He may have been removed meanwhile, or his password changed, which ended all that it had opened.
    entered = let_in(back, lambda session: moderators.still(session, who, kept))
    return _welcome(name, entered) if entered else _refused(back, name, "password")


def _by_passkey(back: str) -> ResponseReturnValue:
    wait = entrance().guessing.take(None, address())
    if wait:
        return _form(back, wait=wait)
    signed = _signed(request.form["credential"])
    if signed is None:
        return _refused(back, "", "signature")
    entrance().guessing.right(None, address())
    entered = let_in(back, signed.prove)
    return _welcome(signed.name, entered) if entered else _refused(back, "", "signature")


@dataclass(frozen=True, slots=True)
class _Signed:
    """Whose passkey signed our challenge, and how often it has signed now."""

    moderator_id: int
    name: str
    passkey_id: int
    before: int
    count: int

    def prove(self, session: Session) -> int | None:
        """Its person, unless another sign-in has moved the counter meanwhile, or the passkey was removed."""
        used = passkeys.used(session, self.passkey_id, self.before, self.count, datetime.now(UTC))
        return self.moderator_id if used else None


def _signed(given: str) -> _Signed | None:
    """Who signed our challenge (WebAuthn Level 3, 7.2): a challenge is good for one answer."""
    party, answer, now = entrance().party, ceremony.read(given), datetime.now(UTC)
    if party is None or answer is None:
        return None
    if not write(lambda session: challenges.take(session, answer.challenge, challenges.SIGN_IN, now)):
        return None
    found = passkeys.find(db.session(), answer.credential)
    if found is None or answer.handle != found[1].handle:
        return None
    passkey, moderator = found
    count = ceremony.count(party, answer, passkey.public_key, passkey.count)
    return None if count is None else _Signed(moderator.id, moderator.name, passkey.id, passkey.count, count)


def _welcome(name: str, entered: ResponseReturnValue) -> ResponseReturnValue:
    current_app.logger.info("signed in: name=%r address=%s", name, address())
    return entered


def _refused(back: str, name: str, wrong: str) -> ResponseReturnValue:
    current_app.logger.warning("sign-in refused: name=%r address=%s", name, address())
    return _form(back, name, wrong=wrong)


def _form(back: str, name: str = "", wait: int = 0, wrong: str = "") -> ResponseReturnValue:
    said = too_often(wait) if wait else ""
    page = make_response(
        render_template("people/sign_in.html", back=back, name=name, said=said, wrong=wrong),
        429 if wait else 422 if wrong else 200,
    )
    if wait:
        page.headers["Retry-After"] = str(wait)
    return page
