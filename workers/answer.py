"""What the head of an answer means: its type, its status, when to come back, where it sends us. Pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from urllib3 import HTTPHeaderDict

from service.values.address import Address
from service.values.reason import Reason

MOST_PATIENCE = 3600.0
"""Seconds: the longest ``Retry-After`` that is honoured."""

LONGEST_LOCATION = 8192
"""Characters of an address that a redirect may lead to. Sign-on makes long ones, loops longer."""

PATIENCE = frozenset({429, 503})
"""The statuses with which a server asks all of us for patience (RFC 6585 4, RFC 9110 15.6.4)."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_WHOLE = frozenset({200, 203})
_REFUSED_STATUS = {403: "forbidden", 404: "not_found", 410: "gone", 429: "rate_limited"}
_DECODED = frozenset({"gzip", "x-gzip", "deflate", "identity"})


@dataclass(frozen=True, slots=True)
class Accept:
    """Which types a fetch takes: the request's ``Accept`` header, and the test of the answer's media type."""

    header: str
    takes: Callable[[str], bool]


def _is_readable(media_type: str) -> bool:
    return (
        media_type in ("", "text/html", "application/xhtml+xml", "application/json", "text/plain")
        or re.fullmatch(r"application/[a-z0-9!#$&^_.-]+\+json", media_type) is not None
    )


READABLE = Accept(
    "text/html, application/xhtml+xml;q=0.9, application/json;q=0.8, text/plain;q=0.7, */*;q=0.1",
    _is_readable,
)
"""Pages that may hold a link: HTML, JSON, text; and what names no type."""


def headers_of(answered: HTTPHeaderDict) -> dict[str, str]:
    """Names in lower case, repeated ones joined; of several ``Content-Type`` the last (Fetch standard)."""
    headers = {name.lower(): value for name, value in answered.itermerged()}
    if "content-type" in headers:
        headers["content-type"] = answered.getlist("content-type")[-1]
    return headers


def wrong_framing(answered: HTTPHeaderDict) -> Reason | None:
    """Why the body can't be told from what surrounds it (RFC 9112 6.3), or is packed as nobody asked for.

    One layer of compression is taken; whoever stacks them means a bomb.
    """
    # That several lengths agree was seen to by urllib3.
    lengths = _tokens(answered, "content-length")
    if not all(re.fullmatch(r"[0-9]{1,18}", length, re.ASCII) for length in lengths):
        return Reason("malformed_answer")
    if set(_tokens(answered, "transfer-encoding")) - {"chunked", "identity"}:
        return Reason("malformed_answer")
    encodings = _tokens(answered, "content-encoding")
    if len(encodings) > 1 or not _DECODED.issuperset(encodings):
        return Reason("refused_encoding", {"encoding": ", ".join(encodings)[:60]})
    return None


def wrong_status(status: int) -> Reason | None:
    """Why an answer of this status is not a page (RFC 9110 15)."""
    if status in _WHOLE:
        return None
    if 500 <= status <= 599:
        return Reason("server_error", {"status": status})
    return Reason(_REFUSED_STATUS.get(status, "http_status"), {"status": status})


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the server asks us to wait (RFC 9110 10.2.3), an hour at most, if it does."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,18}", value, re.ASCII):
        return min(float(value), MOST_PATIENCE)
    try:
        moment = parsedate_to_datetime(value)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds.total_seconds(), 0.0), MOST_PATIENCE)


def destination(current: Address, answered: HTTPHeaderDict) -> Address | None:
    """Where a redirect leads, with the fragment inherited (RFC 9110 10.2.2); ``None`` where we don't go:
    another scheme, no or several places, nonsense, or more than :data:`LONGEST_LOCATION` characters."""
    places = set(answered.getlist("location"))
    if len(places) != 1:
        return None
    place = places.pop()
    with contextlib.suppress(UnicodeError):
        # Servers send UTF-8; http.client reads Latin-1.
        place = place.encode("latin-1").decode("utf-8")
    there = current.join(place) if len(place) <= LONGEST_LOCATION else None
    if there is None or len(there.url) > LONGEST_LOCATION:
        return None
    return there if there.fragment is not None else replace(there, fragment=current.fragment)


def _tokens(answered: HTTPHeaderDict, name: str) -> list[str]:
    parts = (part.strip().lower() for value in answered.getlist(name) for part in value.split(","))
    return [part for part in parts if part]
