"""Whose wish a request is: it comes from one of our own pages, and it carries the session's token.

Both are asked of every request that may change something (security: a page elsewhere can make a browser send, but
can neither forge these headers nor read the token).
"""

from __future__ import annotations

import hmac

from werkzeug.datastructures import Headers

from service.values.address import parse

FIELD = "csrf"
HEADER = "X-CSRF-Token"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def own_origins(base_url: str) -> frozenset[str]:
    """The origins under which the dashboard is reached: that of the public address; on loopback, by each name."""
    base = parse(base_url)
    if base.host not in LOOPBACK:
        return frozenset({base.origin})
    return frozenset(base.origin.replace(base.host, name, 1) for name in LOOPBACK)


def from_our_page(headers: Headers, origins: frozenset[str]) -> bool:
    """Whether the browser says that one of our pages sent this; silence is a no.

    A form on a page with ``Referrer-Policy: no-referrer`` sends ``Origin: null`` (Fetch, "append a request Origin
    header"), so ``Sec-Fetch-Site`` is asked first, which only a browser can set.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None:
        return site == "same-origin" and (origin in (None, "null") or origin in origins)
    return origin in origins


def carries(given: str | None, expected: str) -> bool:
    """Whether the token is the session's."""
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
