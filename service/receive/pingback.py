"""``POST /pingback``: Pingback 1.0 over XML-RPC, as WordPress sends it.

WordPress waits three seconds and takes every status but 200 for a broken line, so faults are answers of 200 and
nothing is fetched before one is given. Several calls in one (``system.multicall``) are not offered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request
from sqlalchemy import exists, select

from service.database import db
from service.languages import gettext, sentence, spoken
from service.model import Arrival, Reflection
from service.model import post as posts
from service.model import site as sites
from service.receive import claim as claims
from service.receive import form, xmlrpc
from service.receive.headers import ENDPOINT, METHODS, explain
from service.receive.intake import Intake
from service.receive.told import WORDS, failure
from service.values.address import BadAddress, parse
from service.values.reason import Refused
from service.values.state import Protocol, State

NAME = "pingback"
ALLOWED = "POST"

MOST_LISTED = 1000
"""Sources that are listed of one page, the newest first."""

POST_ONLY = "XML-RPC server accepts POST requests only."
"""In the words of WordPress, which senders know."""

PING_SECONDS = 1.5
"""Seconds that the database may take: the sender has hung up after three."""

_UNREADABLE = frozenset({"wrong_method", "too_large"})
"""What can't be read as a call keeps its status; all else is a fault, with 200."""

_CAPABILITIES: xmlrpc.Value = {
    "xmlrpc": {"specUrl": "http://www.xmlrpc.com/spec", "specVersion": 1},
    "faults_interop": {
        "specUrl": "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
        "specVersion": 20010516,
    },
    "pingback": {"specUrl": "https://www.hixie.ch/specs/pingback/pingback-1.0", "specVersion": 1},
}


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what its parameters are called, and what it gives."""

    parameters: tuple[str, ...]
    call: Callable[..., xmlrpc.Value | xmlrpc.Fault]


def register(room: Blueprint, intake: Intake, base_url: str, seconds: float) -> None:
    """Adds the route. ``seconds``: :data:`PING_SECONDS`."""
    methods = {
        "pingback.ping": Method(("sourceURI", "targetURI"), functools.partial(_ping, intake, base_url, seconds)),
        "pingback.extensions.getPingbacks": Method(("targetURI",), _approved_sources),
        "system.getCapabilities": Method((), lambda: _CAPABILITIES),
        "system.listMethods": Method((), lambda: sorted(methods)),
    }

    @room.route("/pingback", endpoint=NAME, methods=METHODS, provide_automatic_options=False)
    def pingback() -> Response:
        if request.method != "POST":
            raise Refused("wrong_method")
        return _xml(_called(methods, xmlrpc.read(form.body())))


def refuse(refusal: Refused) -> Response:
    """The refusal as a fault; as text where there was no call."""
    reason = refusal.reason
    if reason.code in _UNREADABLE:
        words = POST_ONLY if reason.code == "wrong_method" else sentence(reason, spoken())
        answer = Response(words, reason.meaning.http, ENDPOINT, content_type="text/plain; charset=utf-8")
        return explain(answer, refusal, ALLOWED)
    return _xml(xmlrpc.Fault(reason.meaning.fault, sentence(reason, spoken())))


def _called(methods: Mapping[str, Method], call: xmlrpc.Call) -> xmlrpc.Value | xmlrpc.Fault:
    method = methods.get(call.method)
    if method is None:
        raise Refused("unknown_method")
    if len(call.parameters) != len(method.parameters) or None in call.parameters:
        raise Refused("wrong_parameters", parameters=", ".join(method.parameters) or "–")
    return method.call(*call.parameters)


def _ping(intake: Intake, base_url: str, seconds: float, source: str, target: str) -> str | xmlrpc.Fault:
    """A new pair is queued; a known one is looked at again, and its sender told so, or how the last look failed."""
    claim = claims.read(
        Protocol.PINGBACK,
        _unescaped(source),
        _unescaped(target),
        received=datetime.now(UTC),
        sender=request.remote_addr or "",
    )
    receipt = intake.receive(claim, seconds)
    if receipt.failure is not None:
        told = WORDS[failure(receipt.failure.code)]
        return xmlrpc.Fault(receipt.failure.meaning.fault, gettext(told.summary))
    if receipt.known:
        raise Refused("known_pair")
    return gettext("The pingback is queued: %(status)s", status=f"{base_url}/webmention/{receipt.uid}")


def _approved_sources(target: str) -> list[str]:
    """The public pingbacks of a page."""
    try:
        address = parse(_unescaped(target))
    except BadAddress:
        raise Refused("invalid_target") from None
    site = sites.of(db.session(), address)
    if site is None:
        raise Refused("unknown_site")
    post = posts.known(db.session(), site, address)
    if post is None:
        raise Refused("unknown_post")
    if post.exists is False:
        raise Refused("no_such_post")
    came_so = exists().where(Arrival.reflection_id == Reflection.id, Arrival.protocol == Protocol.PINGBACK)
    sources = db.session.scalars(
        select(Reflection.source)
        .where(Reflection.post_id == post.id, Reflection.state == State.APPROVED, came_so)
        .order_by(Reflection.id.desc())
        .limit(MOST_LISTED)
    )
    return [source for source in sources if source]


def _unescaped(url: str) -> str:
    """Some senders escape an address twice."""
    return url.replace("&amp;", "&")


def _xml(given: xmlrpc.Value | xmlrpc.Fault) -> Response:
    return Response(xmlrpc.answer(given), 200, ENDPOINT, content_type="text/xml; charset=utf-8")
