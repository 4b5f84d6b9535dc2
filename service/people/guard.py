"""The guard before every page of ``/admin``: who is it, may he change something, and what goes with the answer.

A blueprint that is guarded has no page without a sign-in, unless the guard's own list names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.sessions import SessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from werkzeug.exceptions import Forbidden, HTTPException, Unauthorized

from service.database import db, write
from service.people import brakes, csrf, sessions
from service.people.browsers import Browser, browser
from service.people.ceremony import Party, party
from service.people.files import file
from service.people.guessing import Guessing
from service.people.roles import Person

PUBLIC = frozenset({
    "people.sign_in",
    "people.sign_in_challenge",
    "people.join",
    "people.join_challenge",
    "people.static",
    "moderate.pages.static",
    "moderate.pages.waiting_feed",
})  # fmt: skip
"""What needs no sign-in: the sign-in itself, joining by an invitation, files that say nothing, and the feed at its
secret address."""

FRESH = timedelta(minutes=15)
"""How long after signing in one may give oneself a new way to sign in."""

REFUSALS = (400, 401, 403, 404, 413, 415)
"""What a guarded page refuses with, each with a sentence of its own in ``people/refused.html``."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the guard knows of this service."""

    origins: frozenset[str]
    cookie: str
    secure: bool
    guessing: Guessing
    base_url: str
    party: Party | None
    """Who we are to passkeys, where they can be had."""


class OwnersOnly(Forbidden):
    """A moderator asks for a page of owners."""


def entrance() -> Entrance:
    """This app's entrance."""
    found: Entrance = current_app.extensions["reflections-entrance"]
    return found


def open_entrance(app: Flask, base_url: str, redis_url: str) -> None:
    """Prepares the app: who is signed in is read from our cookie alone, and Flask sets no cookie of its own."""
    secure = base_url.startswith("https:")
    app.extensions["reflections-entrance"] = Entrance(
        csrf.own_origins(base_url),
        "__Host-reflections" if secure else "reflections",
        secure,
        Guessing(redis_url),
        base_url,
        party(base_url),
    )
    app.session_interface = _NoCookie()
    app.config["REMEMBER_COOKIE_NAME"] = "="  # no cookie can be called that: there is no second way in
    login = LoginManager()
    login.session_protection = None
    login.init_app(app, add_context_processor=False)  # public pages know nobody
    login.request_loader(_person)


def guarded(pages: Blueprint) -> Blueprint:
    """The blueprint with the guard before it."""
    pages.before_request(_stop_strangers)
    pages.after_request(_dress)
    pages.context_processor(_known_to_templates)
    for status in REFUSALS:
        pages.register_error_handler(status, _refuse)
    return pages


def dressed(pages: Blueprint) -> Blueprint:
    """A blueprint of pages that are for whoever has their link, in the same dress."""
    pages.after_request(_dress)
    pages.context_processor(lambda: {"who": None, "file": file})
    return pages


def person() -> Person:
    """Who is signed in; on guarded pages there is always somebody."""
    found: Person = current_user._get_current_object()
    return found


def by_script() -> bool:
    """Whether a page's own script asks: it is answered in JSON, and led nowhere."""
    return request.accept_mimetypes.best == "application/json"


def owners_only() -> None:
    """Before each page of a blueprint that is for owners."""
    if current_user.is_authenticated and not person().is_owner:
        raise OwnersOnly


def fresh() -> bool:
    """Whether this browser signed in just now: an unlocked screen is not enough to come back for good (ASVS 7.5.1)."""
    return datetime.now(UTC) - person().began < FRESH


def address() -> str:
    """From where the request comes."""
    return request.remote_addr or ""


def this_browser() -> Browser:
    """The browser that asks."""
    return browser(request.headers.get("User-Agent", ""), address())


def give_cookie(response: Response, token: str) -> Response:
    """Sends the session's token along: for this host alone, never to scripts, gone with the browser."""
    here = entrance()
    response.set_cookie(here.cookie, token, path="/", secure=here.secure, httponly=True, samesite="Lax")
    return response


def take_cookie(response: Response) -> Response:
    """Has the browser forget the session's token."""
    here = entrance()
    response.delete_cookie(here.cookie, path="/", secure=here.secure, httponly=True, samesite="Lax")
    return response


def token() -> str | None:
    """The session token that the browser sent."""
    return request.cookies.get(entrance().cookie)


def _person(asked: Request) -> Person | None:
    given = asked.cookies.get(entrance().cookie)
    if not given:
        return None
    now = datetime.now(UTC)
    found = sessions.find(db.session(), given, now)
    if found is None:
        return None
    one, moderator = found
    who = Person(moderator.id, moderator.name, moderator.role, one.csrf, one.created)
    if sessions.stale(one, now):
        used = one.token_hash
        write(lambda session: sessions.note(session, used, now))
    return who


def _stop_strangers() -> ResponseReturnValue | None:
    changes = request.method not in _SAFE
    if changes and not csrf.from_our_page(request.headers, entrance().origins):
        raise Forbidden
    if request.endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        if changes or by_script():
            raise Unauthorized
        home, back = f"{request.script_root}/admin/", request.script_root + request.full_path.rstrip("?")
        return redirect(url_for("people.sign_in", next=None if back == home else back))
    if changes and not csrf.carries(request.form.get(csrf.FIELD) or request.headers.get(csrf.HEADER), person().csrf):
        raise Forbidden
    return None


def _known_to_templates() -> dict[str, object]:
    who = person() if current_user.is_authenticated else None
    pulled = brakes.pulled(db.session(), who.reach) if who else ()
    return {"who": who, "file": file, "csrf_field": csrf.FIELD, "brakes": pulled}


def _dress(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if request.endpoint and request.endpoint.endswith(".static"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie"
    return response


def _refuse(refusal: HTTPException) -> ResponseReturnValue:
    if refusal.response is not None or refusal.code is None:
        return refusal
    if by_script():
        title = HTTPStatus(refusal.code).phrase
        problem = make_response({"type": "about:blank", "title": title, "status": refusal.code}, refusal.code)
        problem.content_type = "application/problem+json"
        return problem
    why = "owners" if isinstance(refusal, OwnersOnly) else refusal.code
    return make_response(render_template("people/refused.html", why=why), refusal.code)


class _NoCookie(SessionInterface):
    """Flask's own session, without a cookie: whatever is put into it ends with the request."""

    class _Nothing(dict[str, object], SessionMixin):
        pass

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        return self._Nothing()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing is kept."""
