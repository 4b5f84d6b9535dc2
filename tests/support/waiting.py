"""Waiting for what others do: a condition, a deadline, and never a nap in between that a test could come to rely on."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TypeVar

import psutil

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


def suspend(pid: int) -> None:
    """Stops a process, and is back once it stands: the signal alone is sent to somebody who may do one thing more."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, 20, "it runs on")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now, nor will by chance."""
    return free_ports(1, host)


def free_ports(number: int, host: str = "127.0.0.1") -> int:
    """The first of so many ports in a row that nobody listens on, below those that the system gives out by itself."""
    while True:
        first = random.randrange(20_000, 32_000)
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + number):
                stack.enter_context(socket.socket()).bind((host, port))
            return first


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
