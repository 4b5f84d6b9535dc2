"""``/admin/sites``: the sites, a new one; ``/admin/sites/<id>``: what one is called and takes, its addresses and
tokens.

A token is on the answer that made it and nowhere else, as on the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.bell import Bell
from service.database import db, write
from service.languages import locales
from service.model import Post, Relocation, Site
from service.model import site as every_site
from service.moderate.sites import move, store, words
from service.moderate.sites.store import BadChange, Settings
from service.people import person
from service.people.guard import OwnersOnly, fresh, owners_only
from service.people.moderators import NoOwner, as_owner
from service.values import clean
from service.values.address import Address, BadAddress, parse

BIGGEST = 2**31 - 1
TOKENS = {"moderation": every_site.renew_token, "reading": every_site.renew_read_token}
"""What a token is for, and what makes a new one."""

Result = TypeVar("Result")


def blueprint(bell: Bell, base_url: str) -> Blueprint:
    """The pages; the guard is before them already. ``base_url`` is what goes into a site's own pages."""
    pages = Blueprint("sites", __name__)
    pages.before_request(owners_only)
    pages.context_processor(lambda: {"site_words": words, "base_url": base_url})
    of_one = f"/sites/<int(max={BIGGEST}):number>"
    pages.add_url_rule("/sites", view_func=every)
    pages.add_url_rule("/sites", "add", add, methods=["POST"])
    pages.add_url_rule(of_one, view_func=one)
    pages.add_url_rule(of_one, "change", change, methods=["POST"])
    pages.add_url_rule(f"{of_one}/addresses", view_func=add_address, methods=["POST"])
    pages.add_url_rule(f"{of_one}/addresses/remove", view_func=remove_address, methods=["POST"])
    pages.add_url_rule(f"{of_one}/token", view_func=renew, methods=["POST"])
    move.register(pages, of_one, bell)
    return pages


def every() -> ResponseReturnValue:
    """``/admin/sites``."""
    return _every()


def add() -> ResponseReturnValue:
    """A new site: its tokens are on this answer."""
    form, now = request.form, datetime.now(UTC)
    name, locale = clean.line(form.get("name", ""), store.LONGEST_NAME), form.get("locale", "")
    if locale not in locales():
        abort(400)

    def work(session: Session, base: Address) -> tuple[int, str, str]:
        site, token, read_token = store.add(session, base, now, name, locale)
        return site.id, token, read_token

    try:
        number, token, read_token = _as_owner(partial(work, base=_address()))
    except BadChange as bad:
        return _every(bad.code)
    _log("made site %s", number)
    return _one(number, tokens={"moderation": token, "reading": read_token}, new=True)


def one(number: int) -> ResponseReturnValue:
    """``/admin/sites/3``."""
    return _one(number)


def change(number: int) -> ResponseReturnValue:
    """What it is called, its language, what it takes."""
    form = request.form
    if form.get("locale") not in locales():
        abort(400)
    wanted = Settings(
        clean.line(form.get("name", ""), store.LONGEST_NAME),
        form["locale"],
        "linkbacks" in form,
        "slashes" in form,
    )
    seen = form.get("seen", "")
    try:
        pairs = _as_owner(lambda session: store.change(session, number, wanted, seen))
    except BadChange as bad:
        return _one(number, bad.code, asked=wanted)
    if pairs:
        return _one(number, "one_post", asked=wanted, pairs=pairs)
    _log("changed site %s", number)
    return _back(number, "changed")


def add_address(number: int) -> ResponseReturnValue:
    """The pages under a further address are the site's too."""
    try:
        _as_owner(partial(store.add_address, number=number, base=_address()))
    except BadChange as bad:
        return _one(number, bad.code, about="addresses")
    _log("gave site %s an address", number)
    return _back(number, "added", "addresses")


def remove_address(number: int) -> ResponseReturnValue:
    """What is sent there is taken no longer."""
    key = request.form.get("key", "")
    try:
        _as_owner(lambda session: store.remove_address(session, number, key))
    except BadChange as bad:
        return _one(number, bad.code, about="addresses")
    _log("took an address from site %s", number)
    return _back(number, "removed", "addresses")


def renew(number: int) -> ResponseReturnValue:
    """A new token: the old one is worth nothing from here on. Only for whoever has just signed in."""
    what = request.form.get("what", "")
    if what not in TOKENS:
        abort(400)
    if not fresh():
        return redirect(
            url_for("people.sign_in", again=1, next=url_for("moderate.pages.sites.one", number=number)), 303
        )
    token = _as_owner(lambda session: TOKENS[what](session, store.locked(session, number)))
    _log(f"renewed the token for {what} of site %s", number)
    return _one(number, tokens={what: token})


def _as_owner(work: Callable[[Session], Result]) -> Result:
    """Does what only an owner may, who is one until it is done; 404 where there is no such site."""
    mine = person().id

    def owned(session: Session) -> Result:
        as_owner(session, mine)
        return work(session)

    try:
        return write(owned)
    except NoOwner:
        raise OwnersOnly from None
    except store.NoSite:
        abort(404)


def _address() -> Address:
    try:
        return parse(request.form.get("address", "").strip())
    except BadAddress:
        raise BadChange("address") from None


def _every(wrong: str = "") -> ResponseReturnValue:
    counted = select(Post.site_id, func.count()).group_by(Post.site_id)
    page = render_template(
        "moderate/sites.html",
        sites=every_site.every(db.session()),
        posts=dict(db.session.execute(counted).tuples().all()),
        locales=locales(),
        wrong=words.wrong(wrong),
    )
    return make_response(page, 422 if wrong else 200)


def _one(number: int, wrong: str = "", about: str = "settings", **further: object) -> ResponseReturnValue:
    """The page; ``wrong`` is a mistake ``about`` a part of it."""
    site = db.session.get(Site, number)
    if site is None:
        abort(404)
    moves = select(Relocation).where(Relocation.site_id == number).order_by(Relocation.batch_id.desc())
    page = render_template(
        "moderate/site.html",
        site=site,
        now_so=store.of(site),
        seen=store.of(site).seen,
        addresses=store.addresses(db.session(), site),
        moves=list(db.session.scalars(moves.limit(20))),
        locales=locales(),
        fresh=fresh(),
        wrong=words.wrong(wrong),
        about=about,
        **further,
    )
    status = 409 if wrong == "overtaken" else 422 if wrong else 201 if further.get("tokens") else 200
    return make_response(page, status)


def _back(number: int, done: str, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("moderate.pages.sites.one", number=number, done=done, _anchor=anchor), 303)


def _log(what: str, *about: object) -> None:
    current_app.logger.info(f"%r {what}", person().name, *about)
