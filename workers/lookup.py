"""Looking up names, with a deadline: what ``getaddrinfo`` has not.

The system's resolver can't be stopped, so a name server that never answers would hold a thread for half a
minute each time; and it takes ``127.1`` and ``0x7f000001`` for addresses. So the question goes by dnspython
to the name servers of ``/etc/resolv.conf``, which is read anew each time, with the fetch's own deadline.
As the system does, ``/etc/hosts`` is asked first, and ``localhost`` is this machine (RFC 6761 6.3), by IPv4.
Search domains are not used: names in URLs are whole. Other sources of names (mDNS, NIS) are not asked.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import dns.exception
import dns.nameserver
import dns.resolver

from workers.network import IPAddress
from workers.stopped import Stopped

MOST_ADDRESSES = 64
"""A name with more of them is no web host's."""

# WHATWG URL, "ends in a number checker": such a host is an IPv4 address in one of its old spellings or
# nothing, never a name. The plain spelling was taken by whoever asks us.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_PATIENCE = 2.0
"""Seconds before a question is put again, or to the next name server."""


class Lookup:
    """Name to addresses. ``nameservers`` (address and port) stand in for those of the system."""

    def __init__(self, nameservers: Sequence[tuple[str, int]] = (), hosts: Path = Path("/etc/hosts")) -> None:
        self._nameservers = [dns.nameserver.Do53Nameserver(*each) for each in nameservers]
        self._hosts = hosts

    def addresses(self, host: str, seconds: float) -> list[IPAddress]:
        """All addresses of a host name or address literal, IPv4 first, in at most ``seconds``.

        Raises :class:`Stopped` with ``refused_address`` (a number that is no plain address),
        ``unknown_host`` or ``timeout``.
        """
        try:
            return [ip_address(host.removeprefix("[").removesuffix("]"))]
        except ValueError:
            pass
        if _NUMBER.fullmatch(host):
            raise Stopped("refused_address")
        if host == "localhost" or host.endswith(".localhost"):
            return [IPv4Address("127.0.0.1")]
        return self._in_hosts(host) or self._asked(host, time.monotonic() + seconds)

    def _in_hosts(self, host: str) -> list[IPAddress]:
        try:
            lines = self._hosts.read_text(errors="replace").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            address, *names = line.partition("#")[0].lower().split() or [""]
            if host in names:
                try:
                    found.append(ip_address(address))
                except ValueError:
                    continue
        return found

    def _asked(self, host: str, deadline: float) -> list[IPAddress]:
        try:
            resolver = dns.resolver.Resolver(configure=not self._nameservers)
        except dns.resolver.NoResolverConfiguration:
            raise Stopped("unknown_host") from None
        if self._nameservers:
            resolver.nameservers = list(self._nameservers)
        resolver.timeout = _PATIENCE
        found: list[IPAddress] = []
        for kind in ("A", "AAAA"):
            left = deadline - time.monotonic()
            try:
                # Some servers never answer the second question; what the first brought is enough then.
                patience = min(left, _PATIENCE) if found else left
                answer = resolver.resolve(
                    f"{host}.", kind, lifetime=max(patience, 0.01), search=False, raise_on_no_answer=False
                )
            except dns.exception.Timeout:
                if not found:
                    raise Stopped("timeout") from None
            except (dns.exception.DNSException, OSError):
                continue
            else:
                found += [ip_address(record.address) for record in answer.rrset or ()]
        if not found or len(found) > MOST_ADDRESSES:
            raise Stopped("unknown_host")
        return found
