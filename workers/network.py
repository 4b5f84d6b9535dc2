"""Which addresses a fetch may connect to: the public ones, on the ports where web servers stand.

:class:`Guard` is asked about the very address that the socket connects to, after the name was looked up, for
every connection. The tables are our own: Python's ``ipaddress`` calls NAT64, 6to4, multicast and two clouds'
metadata addresses global, and its answers change with its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Protocol

from service.values.reason import Reason

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# Network, and what says that it is not public. "IANA v4" and "IANA v6" are the registries
# iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry (RFC 6890, RFC 8190).
REFUSED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network: IANA v4, RFC 791 3.2"),
    ("10.0.0.0/8", "private: IANA v4, RFC 1918"),
    ("100.64.0.0/10", "carrier's NAT, and Alibaba's metadata at 100.100.100.200: IANA v4, RFC 6598"),
    ("127.0.0.0/8", "loopback: IANA v4, RFC 1122 3.2.1.3"),
    ("168.63.129.16/32", "Azure's platform address, reachable from its machines only: Azure documentation"),
    ("169.254.0.0/16", "link-local, and most clouds' metadata at 169.254.169.254: IANA v4, RFC 3927"),
    ("172.16.0.0/12", "private: IANA v4, RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, and Oracle's metadata at 192.0.0.192: IANA v4, RFC 6890 2.1"),
    ("192.0.2.0/24", "documentation: IANA v4, RFC 5737"),
    ("192.88.99.0/24", "6to4 relays, deprecated: IANA v4, RFC 7526"),
    ("192.168.0.0/16", "private: IANA v4, RFC 1918"),
    ("198.18.0.0/15", "benchmarking: IANA v4, RFC 2544"),
    ("198.51.100.0/24", "documentation: IANA v4, RFC 5737"),
    ("203.0.113.0/24", "documentation: IANA v4, RFC 5737"),
    ("224.0.0.0/4", "multicast: RFC 5771"),
    ("240.0.0.0/4", "reserved, and broadcast: IANA v4, RFC 1112 4, RFC 8190"),
    # Only 2000::/3 is given out as global unicast (iana.org/assignments/ipv6-address-space): the first row
    # holds ::, ::1, ::/96, ::ffff:0:0/96, 64:ff9b:1::/48 and 100::/64, the next two 5f00::/16, fc00::/7,
    # fe80::/10, fec0::/10 and ff00::/8, metadata at fd00:ec2::254 and fd20:ce::254 with them.
    ("::/3", "not global unicast: RFC 4291 2.4; but see TRANSLATED"),
    ("4000::/2", "not global unicast: RFC 4291 2.4"),
    ("8000::/1", "not global unicast: RFC 4291 2.4"),
    ("2001::/23", "protocol assignments, Teredo and ORCHID with them: IANA v6, RFC 2928"),
    ("2001:db8::/32", "documentation: IANA v6, RFC 3849"),
    ("2002::/16", "6to4, deprecated: IANA v6, RFC 7526"),
    ("3fff::/20", "documentation: IANA v6, RFC 9637"),
)

TRANSLATED = IPv6Network("64:ff9b::/96")
"""What a network with NAT64 and DNS64 calls the IPv4 world (RFC 6052): as public as the address within."""

# Fetch standard, "bad port", of 1024 and upwards (lower ones are closed but for 80 and 443); and Redis.
BAD_PORTS = frozenset({
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669,
    6679, 6697, 10080,
})  # fmt: skip

_REFUSED_NETWORKS = tuple(ip_network(network) for network, _ in REFUSED)
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_ISATAP = (0x00005EFE, 0x02005EFE)


class Allowed(Protocol):
    """A network that is open although it is not public, on one port or (``None``) any that servers use."""

    @property
    def network(self) -> IPNetwork: ...

    @property
    def port(self) -> int | None: ...


class Guard:
    """Says of an address and port why no connection may be opened to it.

    ``allowed`` opens just its networks: an address must be written in one, not only translate to it, and a
    network with a port opens that port alone, whichever it is.
    """

    def __init__(self, allowed: Iterable[Allowed] = ()):
        self._allowed = tuple((each.network, each.port) for each in allowed)

    def refusal(self, ip: IPAddress, port: int) -> Reason | None:
        """``None`` where a connection may be opened, else ``refused_address`` or ``refused_port``."""
        if getattr(ip, "scope_id", None):
            return Reason("refused_address")
        open_ports = [wanted for network, wanted in self._allowed if ip in network]
        if port in open_ports:
            return None
        if not is_public(ip) and None not in open_ports:
            return Reason("refused_address")
        if port in (80, 443) or (1024 <= port <= 65535 and port not in BAD_PORTS):
            return None
        return Reason("refused_port", {"port": port})


def is_public(ip: IPAddress) -> bool:
    """Whether an address, and every IPv4 address that hides in it, belongs to the public internet."""
    if any(ip in network for network in _REFUSED_NETWORKS) and ip not in TRANSLATED:
        return False
    return all(is_public(hidden) for hidden in embedded(ip))


def embedded(ip: IPAddress) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to where some gateway unwraps it.

    Mapped and compatible (RFC 4291 2.5.5), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo's server and
    client (RFC 4380), ISATAP (RFC 5214). Most of these are refused whole; this is the second lock.
    """
    if isinstance(ip, IPv4Address):
        return
    number = int(ip)
    low = IPv4Address(number & 0xFFFFFFFF)
    if number >> 32 in (0, 0xFFFF) or ip in TRANSLATED or ip in _NAT64_LOCAL:
        yield low
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield low
