"""``/admin/join?invitation=…``: whoever was invited chooses a name, and a password or a passkey or both, and is in.

The token stands in the query and in the forms, because paths are what our log says of a request.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, current_app, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.database import db, write
from service.model import Invitation
from service.people import ceremony, challenges, invitations, moderators, telling
from service.people.guard import address, entrance, this_browser
from service.people.me import answered
from service.people.signin import let_in, too_often


def join() -> ResponseReturnValue:
    """The page of the link, which does nothing by itself, and the form on it, which works once."""
    token, found = _token(), _invitation()
    if request.method != "POST":
        return _page(found)
    name, password, given = (request.form.get(field, "") for field in ("name", "password", "credential"))
    wait = entrance().guessing.take(None, address())
    if wait:
        return _page(found, name, said=too_often(wait), wait=wait)
    made = answered(given, challenges.of_invitation(found.id)) if given else None
    wrong = "passkey" if given and made is None else "" if made or password else "nothing"
    if wrong:
        return _page(_invitation(), name, wrong)
    browser, now = telling.browser(this_browser()), datetime.now(UTC)

    def accept(session: Session) -> int | None:
        joined = invitations.accept(session, token, name, password or None, made, browser, now)
        return joined.id if joined else None

    try:
        entered = let_in(url_for("people.me", done="joined"), accept)
    except moderators.BadModerator as bad:
        return _page(_invitation(), name, bad.code)
    if entered is None:
        abort(404)
    entrance().guessing.right(None, address())
    current_app.logger.info("joined by invitation: name=%r address=%s", name, address())
    return entered


def join_challenge() -> ResponseReturnValue:
    """``/admin/join/challenge``: what a device is to make the first passkey of, as JSON."""
    found, here, now = _invitation(), entrance(), datetime.now(UTC)
    if here.party is None:
        abort(404)
    wait = here.guessing.challenge(address())
    if wait:
        return jsonify(error=too_often(wait)), 429, {"Retry-After": str(wait)}
    try:
        signer = ceremony.Signer(moderators.good_name(db.session(), request.form.get("name", "")), found.handle)
    except moderators.BadModerator as bad:
        return jsonify(error=telling.mistake(bad.code)), 422
    purpose = challenges.of_invitation(found.id)
    challenge = write(lambda session: challenges.give(session, purpose, now))
    return jsonify(ceremony.to_make(here.party, signer, (), challenge))


def _token() -> str:
    return request.values.get("invitation", "")


def _invitation() -> Invitation:
    return invitations.find(db.session(), _token(), datetime.now(UTC)) or abort(404)


def _page(found: Invitation, name: str = "", wrong: str = "", said: str = "", wait: int = 0) -> ResponseReturnValue:
    page = render_template(
        "people/join.html", invitation=found, token=_token(), name=name or found.whom, wrong=wrong, said=said
    )
    answer = make_response(page, 429 if wait else 422 if wrong else 200)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer
