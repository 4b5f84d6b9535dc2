"""The headers of each surface of this room, a table for each; ``service.fallback`` adds what goes with every answer."""

from __future__ import annotations

from flask import Response

from service.values.reason import Refused

Headers = tuple[tuple[str, str], ...]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
"""What a route takes that refuses wrong methods in its own words."""

ENDPOINT: Headers = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
)
"""Of an answer that a machine reads."""

ANY_ORIGIN: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Location, Retry-After"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
"""Pages of anybody's may send webmentions and ask what became of them; no cookie is read, so nothing is given away."""

PREFLIGHT: Headers = (
    ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
    ("Access-Control-Allow-Headers", "Accept, Content-Type"),
    ("Access-Control-Max-Age", "86400"),
)

PAGE: Headers = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""Of a page that a person reads; it holds no script."""

FOR_EVER = "public, max-age=31536000, immutable"


def explain(answer: Response, refusal: Refused, allowed: str) -> Response:
    """The refusal with what its status asks for: what is allowed, or when to come back (RFC 9110 15.5.6, 10.2.3)."""
    if refusal.reason.code == "wrong_method":
        answer.headers["Allow"] = allowed
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer
