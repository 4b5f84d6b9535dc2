"""URLs: the one parser (urllib3's, the one that the fetch uses), their normal form, and when two mean one page.

Nothing else in the house takes a URL apart: two parsers that disagree are how ``http://127.0.0.1\\@host/``
reaches an inner server.
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from publicsuffixlist import PublicSuffixList
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

LONGEST = 2048
"""Characters of the longest URL that is taken, as given and in normal form. PostgreSQL's
indexes hold no more than 2,700 bytes of one, and what is not ASCII grows to up to twelve characters each."""

DEEPEST_PREFIX = 20
"""Path segments of the deepest site prefix."""

DEFAULT_PORTS = {"http": 80, "https": 443}

Wrong = Literal["invalid_url", "unsupported_scheme", "url_too_long"]

# What analytics and mail tools append; two addresses that differ in these alone are one page.
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id"
    r"|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hstc|__hssc|hsctatracking|vero_id|vero_conv|oly_anon_id|oly_enc_id"
    r"|wickedid|ml_subscriber(?:_hash)?|pk_(?:campaign|kwd|source|medium|content)|mtm_[a-z_]+|_ga|_gl|s_cid)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_ESCAPED = re.compile(r"%([0-9a-fA-F]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_EDGE = "".join(map(chr, range(0x21)))


class BadAddress(ValueError):
    """Not an address that we take; ``code`` says why, as in :mod:`service.values.reason`."""

    def __init__(self, code: Wrong):
        super().__init__(code)
        self.code: Wrong = code


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https URL in normal form (RFC 3986 6.2.2 and 6.2.3): host in lower case and punycode, no default
    port, dots removed, escapes in capitals, nothing escaped that need not be, a path always."""

    scheme: str
    host: str
    port: int
    path: str
    query: str | None = None
    fragment: str | None = None

    @property
    def netloc(self) -> str:
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: ``https://blog.example``."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def request_target(self) -> str:
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def page(self) -> str:
        """The address without its fragment: what a server is asked, and the key of a source."""
        return self.origin + self.request_target

    @property
    def url(self) -> str:
        """The whole address, fragment included."""
        return self.page if self.fragment is None else f"{self.page}#{self.fragment}"

    @property
    def literal(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The host as an IP address, if it is written as one."""
        try:
            return ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return None

    @property
    def domain(self) -> str:
        """The registrable domain (public suffix list, private part included); an address literal is itself.

        This is what "a host" means where servers are spared and records are kept.
        """
        return registrable(self.host)

    @property
    def folded(self) -> str:
        """The page without its scheme: http on 80 and https on 443 are the same place."""
        return _place(self) + self.request_target

    def join(self, reference: str) -> Address | None:
        """What a browser makes of ``reference`` on this page (WHATWG URL), or ``None`` where that is not a page.

        White space at the ends, tabs and line ends inside are dropped, and a backslash is a slash.
        """
        reference = re.sub(r"[\t\n\r]", "", reference.strip(_EDGE))
        scheme = _SCHEME.match(reference)
        if scheme and scheme[1].lower() not in DEFAULT_PORTS:
            return None
        hierarchy, mark, rest = _split(reference)
        hierarchy = hierarchy.replace("\\", "/").replace(" ", "%20")
        if scheme:
            after = hierarchy[scheme.end() :]
            same = scheme[1].lower() == self.scheme and not after.startswith("/")
            # "https:page" on an https page is relative; elsewhere any number of slashes leads to a host.
            hierarchy = after if same else f"{scheme[1].lower()}://{after.lstrip('/')}"
        elif hierarchy.startswith("//"):
            hierarchy = "//" + hierarchy.lstrip("/")
        rest = rest.replace(" ", "%20").replace("\\", "%5C")
        try:
            return parse(urllib.parse.urljoin(self.page, hierarchy + mark + rest), longest=None)  # noqa: TID251
        except (BadAddress, ValueError):
            return None


def parse(text: str, longest: int | None = LONGEST) -> Address:
    """The address that ``text`` is; :class:`BadAddress` where it is not an absolute http or https URL.

    Refused: control characters, spaces and backslashes anywhere, user names and passwords, impossible hosts
    and ports, more than ``longest`` characters.
    """
    if longest is not None and len(text) > longest:
        raise BadAddress("url_too_long")
    if _FORBIDDEN.search(text):
        raise BadAddress("invalid_url")
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in DEFAULT_PORTS:
        raise BadAddress("unsupported_scheme")
    if not scheme or not text[scheme.end() :].startswith("//"):
        raise BadAddress("invalid_url")
    try:
        parsed = parse_url(_ESCAPED.sub(_needed, text))
    except (LocationParseError, UnicodeError, ValueError):
        raise BadAddress("invalid_url") from None
    if parsed.auth is not None or parsed.host is None or parsed.scheme is None or parsed.port == 0:
        raise BadAddress("invalid_url")
    address = Address(
        parsed.scheme,
        _host(parsed.host),
        parsed.port or DEFAULT_PORTS[parsed.scheme],
        parsed.path or "/",
        parsed.query,
        parsed.fragment,
    )
    if longest is not None and len(address.url) > longest:
        raise BadAddress("url_too_long")
    return address


def registrable(host: str) -> str:
    """The registrable domain of a host name; a public suffix or an address literal is itself."""
    host = host.rstrip(".").lower()
    if host.startswith("[") or host.replace(".", "").isdigit():
        return host
    return _suffixes().privatesuffix(host) or host


def same_page(one: Address, other: Address) -> bool:
    """Whether both are the same page: fragment and scheme aside."""
    return one.folded == other.folded


def source_key(address: Address) -> str:
    """The key under which a source is known: SHA-256 of its normal form without the fragment, in hexadecimal."""
    return hashlib.sha256(address.page.encode()).hexdigest()


def post_key(address: Address, slash_matters: bool = False) -> str:
    """The key under which a post is known: without scheme, fragment and tracking parameters, and without the
    slash at its end unless the site says that it matters."""
    path = address.path if slash_matters else address.path.rstrip("/") or "/"
    query = untracked(address).query
    return _place(address) + path + (f"?{query}" if query else "")


def untracked(address: Address) -> Address:
    """The page as its owner would write it: without fragment and tracking parameters."""
    kept = [part for part in (address.query or "").split("&") if part and not _is_tracking(part)]
    query = address.query if address.query and len(kept) == address.query.count("&") + 1 else "&".join(kept) or None
    return replace(address, query=query, fragment=None)


def prefix_key(address: Address) -> str:
    """The key of a site's prefix: host, port and path with its slash. ``https://h.example/~a`` is ``h.example/~a/``."""
    return _place(address) + address.path.rstrip("/") + "/"


def prefix_keys(address: Address) -> Iterator[str]:
    """Every prefix on a segment boundary that holds this address, the shortest first."""
    place = _place(address) + "/"
    yield place
    segments = address.path.split("/")[1:]
    for count in range(1, min(len(segments), DEEPEST_PREFIX) + 1):
        if segments[count - 1]:
            yield place + "/".join(segments[:count]) + "/"


def rebased(address: Address, old: Address, new: Address) -> Address | None:
    """The address with ``new`` in the place of ``old``, as when all pages under the one went under the other; ``None``
    where it is not under ``old``."""
    base = old.path.rstrip("/") + "/"
    if _place(address) != _place(old) or not f"{address.path}/".startswith(base):
        return None
    path = new.path.rstrip("/")
    if len(address.path) >= len(base):
        path = f"{path}/{address.path[len(base) :]}"
    return replace(new, path=path or "/", query=address.query, fragment=address.fragment)


def stored(text: str | None) -> Address | None:
    """An address that was checked when it came in; ``None`` where there is none, or its row is broken all the same:
    one such row must not hold up the rest."""
    try:
        return parse(text, longest=None) if text else None
    except BadAddress:
        return None


def shown(address: Address, longest: int = 80) -> str:
    """The address as a person reads it: scheme dropped, cut in the middle; hosts stay in punycode (UTS 39)."""
    text = _place(address) + (address.request_target if address.request_target != "/" else "")
    return text if len(text) <= longest else f"{text[: longest - 20]}…{text[-19:]}"


def _place(address: Address) -> str:
    default = address.port == DEFAULT_PORTS[address.scheme]
    return address.host if default else f"{address.host}:{address.port}"


def _host(host: str) -> str:
    if host.startswith("["):
        if "%" in host:  # a zone is a matter of the asking machine (RFC 6874)
            raise BadAddress("invalid_url")
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError:
            raise BadAddress("invalid_url") from None
    host = host.lower().removesuffix(".")
    if not _HOST.fullmatch(host):
        raise BadAddress("invalid_url")
    return host


def _needed(escape: re.Match[str]) -> str:
    if escape[1] is None:
        # Else "%2%64" would become an escape that nobody wrote.
        return "%25"
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _is_tracking(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.partition("=")[0]) is not None


def _split(reference: str) -> tuple[str, str, str]:
    found = re.search(r"[?#]", reference)
    return (reference[: found.start()], found[0], reference[found.end() :]) if found else (reference, "", "")


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
