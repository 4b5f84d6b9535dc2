"""What a fetch brought: a page, "unchanged", a host whose turn it is not, or why there is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.values.address import Address
from service.values.reason import Reason


@dataclass(frozen=True, slots=True)
class Validators:
    """What a later request may ask with (RFC 9110 13.1): ``If-None-Match`` and ``If-Modified-Since``."""

    etag: str | None = None
    modified: str | None = None


LONGEST_VALIDATOR = 500
"""Characters of a validator that is worth keeping."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one fetch may cost."""

    seconds: float = 10.0
    """For the whole chain: look-ups, connections, redirects, bodies."""
    bytes: int = 2 * 1024 * 1024
    """Of the body, after decompression."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect: who sent us on, with which status, and to where."""

    url: str
    status: int
    location: str


def for_good(hops: Sequence[Hop]) -> bool:
    """Whether these redirects say that a page has moved for good (301, 308), each of them."""
    return bool(hops) and all(hop.status in (301, 308) for hop in hops)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of status 200 with its body, decompressed, cut at the limit."""

    asked: Address
    final: Address
    headers: Mapping[str, str]
    """Names in lower case; a repeated header's values joined with ", "."""
    body: bytes
    truncated: bool = False
    hops: tuple[Hop, ...] = ()
    seconds: float = 0.0
    status: int = 200

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty where the server named none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset label of the header, as written."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'") or None
        return None

    @property
    def validators(self) -> Validators:
        """Those of the address that was asked for: where a redirect led, another one's say nothing of it."""
        if self.hops:
            return Validators()
        return Validators(_validator(self.headers.get("etag")), _validator(self.headers.get("last-modified")))

    @property
    def moved(self) -> bool:
        """Whether every redirect on the way said that the move is for good (301, 308)."""
        return for_good(self.hops)

    @property
    def downgraded(self) -> bool:
        """Whether a redirect led from https to http."""
        return any(hop.url.startswith("https:") and hop.location.startswith("http:") for hop in self.hops)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The server says that the page is as it was (304)."""

    asked: Address
    final: Address
    hops: tuple[Hop, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Nothing to read, and why. ``retry_after`` is what the server asked for, in seconds."""

    reason: Reason
    final: Address | None = None
    hops: tuple[Hop, ...] = ()
    seconds: float = 0.0
    retry_after: float | None = None
    status: int | None = None
    """Of the answer, where there was one."""
    remembered: bool = False
    """Whether its host was not asked anew, since it could not be reached shortly before, or asked for patience."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A host on the way is not to be asked now: come back after ``seconds``. Nothing was learnt; it is no attempt."""

    host: str
    seconds: float
    hops: tuple[Hop, ...] = field(default=())
    asked_for: bool = False
    """Whether it asked for that rest itself (``Retry-After``), shortly before; else its turn is taken."""


Fetched = Page | Unchanged | Failure | Busy


def _validator(value: str | None) -> str | None:
    """A header's value that can be kept and sent back as it is."""
    return value if value and value.isprintable() and len(value) <= LONGEST_VALIDATOR else None
