"""What is refused on sight of a request's head, and whose request it is.

hyper, granian's parser, already refuses with an empty 400 or 431: a ``Content-Length`` that is not digits or
given twice with two values, white space before a header's colon, ``Transfer-Encoding`` in HTTP/1.0 or one that
does not end in ``chunked``, more than a hundred headers. Where both lengths are given it follows RFC 9112 6.3:
chunks count, the length is dropped before we see it, and the connection ends after the one answer.
"""

from __future__ import annotations

import ipaddress

from service.front.rsgi import Scope

BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body. Pings and comments are small; imports come by the command line."""


class Refused(Exception):
    """A request that the door answers itself, with one sentence, and ends the connection."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def check(scope: Scope) -> None:
    """Pass a head that means one thing to everybody, else raise :class:`Refused` (RFC 9112 3.2 and 6.1)."""
    headers = scope.headers
    hosts = headers.get_all("host")
    if len(hosts) > 1:
        raise Refused(400, "The request names two hosts.")
    if not hosts and scope.http_version != "1":
        raise Refused(400, "The request names no host.")
    codings = headers.get_all("transfer-encoding")
    if codings and [coding.strip().lower() for coding in codings] != ["chunked"]:
        raise Refused(501, "The body comes in a transfer coding other than chunked.")
    if not scope.path.startswith("/") or any(ord(letter) < 32 or ord(letter) == 127 for letter in scope.path):
        raise Refused(400, "The address is not a path of this service.")
    length = headers.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise Refused(400, "The body's length is not a number.")


def client(scope: Scope, trusted_proxies: int) -> str:
    """The address that sent the request: the socket's, or what the outermost trusted proxy saw.

    Each proxy appends the address it was called from to ``X-Forwarded-For``, so with N of them to be believed the
    client is the Nth from the right; everything left of it is the client's own invention.
    """
    nearest = scope.client.rpartition(":")[0].strip("[]")
    if trusted_proxies:
        seen = ",".join(scope.headers.get_all("x-forwarded-for")).split(",")
        if len(seen) >= trusted_proxies:
            nearest = seen[-trusted_proxies].strip().strip("[]") or nearest
    try:
        address = ipaddress.ip_address(nearest)
    except ValueError:
        address = ipaddress.ip_address(scope.client.rpartition(":")[0].strip("[]"))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
