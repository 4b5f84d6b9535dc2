"""Fetchers as the workers have them, allowed onto loopback."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import sqlalchemy

from service.values.address import parse
from service.values.page import Fetched, Limits
from tests.support.nameserver import NameServer
from workers.connection import authorities
from workers.fetch import Fetcher, user_agent
from workers.health import Health
from workers.lookup import Lookup
from workers.network import Guard, IPNetwork
from workers.pace import Pace


@dataclass(frozen=True)
class Opened:
    """A network that the guard lets through."""

    network: IPNetwork
    port: int | None = None

    @classmethod
    def of(cls, text: str, port: int | None = None) -> Opened:
        return cls(ipaddress.ip_network(text), port)


NOWHERE = "redis://127.0.0.1:1/0"
"""Redis, where there is none."""


def no_turns() -> Pace:
    """The pace of ``FETCH_HOST_INTERVAL=0``: it asks neither Redis nor database."""
    return Pace(redis.Redis.from_url(NOWHERE), sqlalchemy.create_engine("sqlite://"), 0)


def fetcher(
    *allowed: str | Opened,
    pace: Pace | None = None,
    nameserver: NameServer | None = None,
    trusted: Path | None = None,
    health: Health | None = None,
    patience: float = 0.0,
    stop: threading.Event | None = None,
) -> Fetcher:
    """A fetcher to which, of what is not public, these networks are open; 127.0.0.0/8 unless said."""
    networks = [each if isinstance(each, Opened) else Opened.of(each) for each in allowed or ("127.0.0.0/8",)]
    return Fetcher(
        Guard(networks),
        pace or no_turns(),
        user_agent("1.2.3", "https://reflections.example"),
        lookup=Lookup([nameserver.address]) if nameserver else None,
        trusted=authorities(str(trusted)) if trusted else None,
        health=health,
        patience=patience,
        stop=stop,
    )


Fetch = Callable[..., Fetched]


@pytest.fixture
def fetch() -> Fetch:
    """``fetch(url, seconds=5)``: what a fetch of it brings, with all of 127.0.0.0/8 open and no turns."""
    usual = fetcher()

    def fetch(url: str, seconds: float = 5.0, with_: Fetcher = usual, **limits: int) -> Fetched:
        return with_.fetch(parse(url, longest=None), Limits(seconds=seconds, **limits))

    return fetch


def code(found: Fetched) -> str:
    """The reason's code of a failure, else what it is instead."""
    return str(getattr(getattr(found, "reason", None), "code", type(found).__name__))
