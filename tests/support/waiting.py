"""Waiting for what others do: a condition, a deadline, and never a nap in between that a test could come to rely on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T | None], seconds: float, what: object, pause: float = 0.05) -> T:
    """What ``condition`` gives as soon as it is true. Fails after ``seconds`` and says ``what`` did not come about."""
    deadline = time.monotonic() + seconds
    rest = threading.Event()
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s, but {what}; last seen: {found!r}")
        rest.wait(pause)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
