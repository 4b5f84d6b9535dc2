"""Why not: a code with its details, and beside it in one table what each protocol makes of it.

The sentence is made at the edge in the reader's language (``service.languages``): its key is the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason means to each side."""

    fault: int
    """The Pingback 1.0 fault (section 3), or an XML-RPC interoperability code."""
    http: int = 400
    """The status of an HTTP refusal at the door."""
    status: str = "unfetchable"
    """The word of the webmention status resource."""
    passes: bool = False
    """Whether it may pass by itself, so that trying again is worth it."""
    removes: bool = False
    """Whether it may take down an item that was found before."""


REASONS: Mapping[str, Meaning] = MappingProxyType({
    # at the door
    "missing_parameter": Meaning(-32602),
    "repeated_parameter": Meaning(-32602),
    "invalid_parameter": Meaning(-32602),
    "invalid_url": Meaning(0),
    "invalid_source": Meaning(16),
    "invalid_target": Meaning(33),
    "unsupported_scheme": Meaning(0),
    "url_too_long": Meaning(0),
    "same_page": Meaning(0),
    "unknown_site": Meaning(33),
    "closed": Meaning(33),
    "blocked": Meaning(49),
    "unknown_post": Meaning(32),
    "known_pair": Meaning(48),
    "too_many": Meaning(49, http=429),
    "too_large": Meaning(-32700, http=413),
    "wrong_type": Meaning(-32700, http=415),
    "bad_encoding": Meaning(-32700),
    "wrong_method": Meaning(-32600, http=405),
    "busy": Meaning(-32500, http=503, passes=True),
    "no_space": Meaning(-32500, http=503, passes=True),
    # at the door: a call (XML-RPC fault code interoperability)
    "malformed_call": Meaning(-32700),
    "dtd": Meaning(-32700),
    "not_a_call": Meaning(-32600),
    "unknown_method": Meaning(-32601),
    "wrong_parameters": Meaning(-32602),
    # at verification: the target
    "no_such_post": Meaning(32, status="no_target"),
    # at verification: the source was read
    "no_link": Meaning(17, status="no_link", removes=True),
    "unsupported_type": Meaning(16),
    "too_heavy": Meaning(16),
    "crashed": Meaning(16),
    # at verification: the source was not read
    "gone": Meaning(16, status="gone", removes=True),
    "not_found": Meaning(16, removes=True),
    "forbidden": Meaning(16),
    "bot_wall": Meaning(16, passes=True),
    "http_status": Meaning(16),
    "server_error": Meaning(16, passes=True),
    "rate_limited": Meaning(16, passes=True),
    "refused_address": Meaning(16),
    "refused_port": Meaning(16),
    "refused_redirect": Meaning(16),
    "too_many_redirects": Meaning(16),
    "unknown_host": Meaning(16, passes=True),
    "unreachable": Meaning(16, passes=True),
    "timeout": Meaning(16, passes=True),
    "certificate": Meaning(16),
    "tls": Meaning(16, passes=True),
    "malformed_answer": Meaning(16, passes=True),
    "refused_encoding": Meaning(16),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of :data:`REASONS` and what its sentence names: ``Reason("http_status", {"status": 403})``."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in REASONS:
            raise ValueError(f"{self.code!r} is not a reason")

    @property
    def meaning(self) -> Meaning:
        return REASONS[self.code]


class Refused(Exception):
    """A request that is not taken. Raised at the door only; the pipeline fails by value."""

    def __init__(self, code: str, retry_after: int | None = None, **details: Any):
        super().__init__(code)
        self.reason = Reason(code, details)
        self.retry_after = retry_after
        """Seconds after which it may be taken."""
