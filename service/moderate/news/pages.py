"""``/admin/told``: how often, where to, and the feed; ``/admin/waiting.atom``: what waits, for whoever has its key;
``/told/stop``: the end of the mail, for whoever reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.database import db, write
from service.decide.digest import Often
from service.languages import gettext, speaking, spoken
from service.model import waiting
from service.moderate import telling
from service.moderate.news import store
from service.people import dressed, person
from service.values.address import shown, stored

FEED = 50
"""Items of the feed, the newest."""

SUMMARY = 300
"""Characters of an item's words in it."""

MISTAKES = {
    "mail": "This is not a mail address that can be reached.",
    "soon": "A mail to confirm an address went out just now. Wait two minutes before you ask for another one.",
    "link": "This link is worth nothing any more. Ask for a new one.",
}
DONE = {
    "chosen": "It is kept.",
    "asked": "A mail with a link is on its way. Nothing else is mailed before you follow it.",
    "confirmed": "Your address is confirmed.",
    "removed": "Your address is forgotten.",
    "ended": "The feed has no address any more.",
}
"""Written out so that they stand in the catalogues; they are said by gettext."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold (section 2.2)."""


def register(room: Blueprint, bell: Bell, base_url: str, mails: bool) -> None:
    """Adds the pages. ``mails`` says whether there is a server that takes mail."""
    page = partial(_page, base_url, mails)

    def told() -> ResponseReturnValue:
        return page()

    def choose() -> ResponseReturnValue:
        often, mine, language, now = _often(), person().id, spoken(), datetime.now(UTC)
        write(lambda session: store.choose(session, mine, often, language, now))
        return _back("chosen")

    def ask() -> ResponseReturnValue:
        mine, mail, language, now = person().id, request.form.get("mail", ""), spoken(), datetime.now(UTC)
        if not mails:
            abort(404)
        try:
            write(lambda session: store.ask(session, mine, mail, language, now))
        except store.BadMail as bad:
            return page(wrong=bad.code, given=mail)
        bell.ring("errands")
        return _back("asked")

    def confirm() -> ResponseReturnValue:
        """The link does nothing by itself: whatever looks at mail before its reader may open it."""
        mine, given, secret, now = person().id, request.values.get("key", ""), _secret(), datetime.now(UTC)
        if request.method == "GET":
            return render_template("moderate/confirm.html", key=given)
        good = write(lambda session: store.confirm(session, mine, given, secret, now))
        return _back("confirmed") if good else page(wrong="link")

    def remove() -> ResponseReturnValue:
        mine, now = person().id, datetime.now(UTC)
        write(lambda session: store.remove(session, mine, now))
        return _back("removed")

    def feed() -> ResponseReturnValue:
        mine = person().id
        if request.form.get("end"):
            write(lambda session: store.end_feed(session, mine))
            return _back("ended")
        return page(key=write(lambda session: store.new_feed(session, mine)))

    room.add_url_rule("/told", "told", told)
    room.add_url_rule("/told", "choose_told", choose, methods=["POST"])
    room.add_url_rule("/told/mail", "ask_mail", ask, methods=["POST"])
    room.add_url_rule("/told/confirm", "confirm_mail", confirm, methods=["GET", "POST"])
    room.add_url_rule("/told/remove", "remove_mail", remove, methods=["POST"])
    room.add_url_rule("/told/feed", "renew_feed", feed, methods=["POST"])
    room.add_url_rule("/waiting.atom", "waiting_feed", partial(_feed, base_url))


def stopping() -> Blueprint:
    """``/told/stop``: a page with a button, and the click that a mail program makes by itself (RFC 8058)."""
    pages = dressed(Blueprint("told", __name__))
    pages.add_url_rule("/told/stop", "stop", _stop, methods=["GET", "POST"])
    return pages


def _page(base_url: str, mails: bool, wrong: str = "", given: str = "", key: str = "") -> ResponseReturnValue:
    row = store.of(db.session(), person().id)
    done = request.args.get("done", "")
    page = render_template(
        "moderate/news.html",
        told=row,
        often=row.often if row else Often.DAILY,
        choices=_choices(),
        mails=mails,
        wrong=gettext(MISTAKES[wrong]) if wrong else "",
        done=gettext(DONE[done]) if done in DONE else "",
        given=given,
        feed=f"{base_url}/admin/waiting.atom?key={key}" if key else "",
    )
    return make_response(page, 422 if wrong else 201 if key else 200)


def _choices() -> list[tuple[Often, str]]:
    return [
        (Often.IMMEDIATELY, gettext("At once, at most every ten minutes")),
        (Often.HOURLY, gettext("Every hour")),
        (Often.DAILY, gettext("Every morning")),
        (Often.NEVER, gettext("Never")),
    ]


def _feed(base_url: str) -> ResponseReturnValue:
    found = store.by_feed(db.session(), request.args.get("key", ""))
    if found is None:
        abort(404)
    moderator, told = found
    items = waiting.newest(db.session(), moderator, FEED)
    with speaking(told.language):
        body = render_template(
            "moderate/waiting.xml",
            items=items,
            base=base_url,
            moderator=moderator,
            updated=max([moderator.created, *(one.since for one in items)]),
            tell=telling,
            host=_host,
            summary=_summary,
        )
    answer = Response(_NO_XML.sub("", body), content_type="application/atom+xml; charset=utf-8")
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _host(one: waiting.Waiting) -> str:
    source = stored(one.source)
    return shown(source).split("/")[0] if source else ""


def _summary(one: waiting.Waiting) -> str:
    return one.summary if len(one.summary) <= SUMMARY else one.summary[: SUMMARY - 1] + "…"


def _stop() -> ResponseReturnValue:
    who, given, secret, now = request.args.get("who", ""), request.args.get("key", ""), _secret(), datetime.now(UTC)
    moderator = int(who) if who.isascii() and who.isdigit() and len(who) <= 9 else 0
    if request.method == "GET":
        good = store.stops(store.of(db.session(), moderator), given, secret)
        return make_response(render_template("moderate/stop.html", good=good, stopped=False), 200 if good else 404)
    good = write(lambda session: store.stop(session, moderator, given, secret, now))
    return make_response(render_template("moderate/stop.html", good=good, stopped=good), 200 if good else 404)


def _often() -> Often:
    try:
        return Often(request.form.get("often", ""))
    except ValueError:
        abort(400)


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("moderate.pages.told", done=done), 303)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
