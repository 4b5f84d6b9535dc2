"""The headers of public answers, a table for each surface. They are part of what the door holds, so all stand here."""

from __future__ import annotations

from collections.abc import Iterable

Headers = tuple[tuple[str, str], ...]

EVERYWHERE: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()"),
)

FRESH = "public, max-age=10, s-maxage=1, stale-if-error=86400"
"""A reader's own browser asks again after ten seconds, what stands in front of us after one."""

ANY_ORIGIN: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Retry-After, Link"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)

API: Headers = (
    *ANY_ORIGIN,
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)

PREFLIGHT: Headers = (
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "If-None-Match"),
    ("Access-Control-Max-Age", "86400"),
)

FILE: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Timing-Allow-Origin", "*"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)

PICTURE: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)

SCRIPT_AGE = "public, max-age=3600, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"


def page(ancestors: Iterable[str]) -> Headers:
    """Those of a page that only these origins may frame."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}"
    )
    return (
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )


def transport(base_url: str) -> Headers:
    """What an https address promises for the year to come."""
    return (("Strict-Transport-Security", "max-age=31536000"),) if base_url.startswith("https:") else ()
