"""Tells the service of a link, by webmention or pingback, and keeps what it answered."""

from __future__ import annotations

import json
import urllib.request
import xmlrpc.client
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from xml.parsers.expat import ExpatError

from service.demo.blog.discover import AGENT, Endpoint, Protocol, endpoint
from service.languages import spoken

SECONDS = 10
LONGEST = 100_000
"""Bytes of an answer that are read."""

KNOWN_PAIR = 48
"""The fault that says: we have this one already (Pingback 1.0, section 3)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one sending."""

    protocol: Protocol
    taken: bool = False
    endpoint: str = ""
    """Empty where the target names none."""
    found: str = ""
    status: int = 0
    """Of the HTTP answer; 0 where there was none."""
    fault: int | None = None
    """Of a pingback that was not taken."""
    said: str = ""
    """The answer in the service's own words."""
    follow: str = ""
    """Where the service tells what becomes of it: a webmention's status resource."""


def send(protocol: Protocol, source: str, target: str) -> Sent:
    """Find the target's endpoint and tell it of ``source``. Refusals and silence are answers too."""
    try:
        where = endpoint(target, protocol)
    except (OSError, HTTPException) as silent:
        return Sent(protocol, said=str(silent))
    if where is None:
        return Sent(protocol)
    try:
        return _SENDERS[protocol](where, source, target)
    except (OSError, HTTPException, ExpatError, xmlrpc.client.Error) as silent:
        return Sent(protocol, endpoint=where.url, found=where.found, said=str(silent))


def _webmention(where: Endpoint, source: str, target: str) -> Sent:
    body = urlencode({"source": source, "target": target}).encode()
    status, headers, said = _post(where.url, body, "application/x-www-form-urlencoded", "application/json")
    return Sent(
        "webmention",
        taken=status in (200, 201, 202),
        endpoint=where.url,
        found=where.found,
        status=status,
        said=_sentence(said),
        follow=headers.get("Location") or "",
    )


def _pingback(where: Endpoint, source: str, target: str) -> Sent:
    call = xmlrpc.client.dumps((source, target), "pingback.ping").encode()
    status, _, answer = _post(where.url, call, "text/xml", "text/xml")
    try:
        (said,), _ = xmlrpc.client.loads(answer)
        fault = None
    except xmlrpc.client.Fault as refused:
        said, fault = refused.faultString, refused.faultCode
    return Sent("pingback", fault in (None, KNOWN_PAIR), where.url, where.found, status, fault, str(said))


_SENDERS = {"webmention": _webmention, "pingback": _pingback}


def _post(url: str, body: bytes, kind: str, accepted: str) -> tuple[int, Message, str]:
    headers = {"Content-Type": kind, "Accept": accepted, "Accept-Language": spoken(), "User-Agent": AGENT}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read(LONGEST).decode("utf-8", "replace")
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read(LONGEST).decode("utf-8", "replace")


def _sentence(said: str) -> str:
    """The sentence of a JSON answer; any other answer as it is."""
    try:
        told = json.loads(said)
    except ValueError:
        return said.strip()
    words = (told.get(name) for name in ("summary", "detail", "error", "reason")) if isinstance(told, dict) else ()
    return next((word for word in words if isinstance(word, str)), said.strip())
