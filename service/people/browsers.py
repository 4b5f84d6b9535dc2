"""Which browser a request comes from, as a person would name it, and from where, as exact as a person can use."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

# Others call themselves these too, so the first that fits is it.
_NAMES = (
    ("Edge", re.compile(r"Edg(A|iOS)?/")),
    ("Opera", re.compile(r"OPR/|OPT/")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/")),
    ("Safari", re.compile(r"Safari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("macOS", re.compile(r"Mac OS X")),
    ("Linux", re.compile(r"Linux")),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """``Firefox`` on ``Linux`` in ``203.0.113.0/24``; each of them empty where it can't be told."""

    name: str
    system: str
    network: str


def browser(agent: str, address: str) -> Browser:
    """The browser that calls itself ``agent``, at a client's address."""
    return Browser(_first(_NAMES, agent), _first(_SYSTEMS, agent), _network(address))


def _first(of: Sequence[tuple[str, re.Pattern[str]]], agent: str) -> str:
    return next((name for name, pattern in of if pattern.search(agent[:500])), "")


def _network(address: str) -> str:
    """A neighbourhood, which a person recognises, and not a house: /24 of IPv4, /48 of IPv6."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return ""
    client = getattr(client, "ipv4_mapped", None) or client
    return str(ipaddress.ip_network(f"{client}/{24 if client.version == 4 else 48}", strict=False))
