"""A steady stream of requests: so many a second, however long the answers take, each timed from when it was due."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles

SENDERS = 16

Ask = Callable[[http.client.HTTPConnection, int], None]
"""Sends the ``n``-th request on a connection; the answer is read by whoever called."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What became of a stream; times in milliseconds."""

    statuses: tuple[int, ...]
    """Of the answers; 0 where none came."""
    seconds: float
    """Until the last answer."""
    p50: float
    p99: float


def stream(port: int, rate: float, number: int, ask: Ask) -> Stream:
    """``number`` requests at ``rate`` a second, by a few senders; at ``inf`` one upon the other."""
    began = time.monotonic() + 0.1
    rest = threading.Event()

    def send(first: int) -> list[tuple[int, float]]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        said = []
        for n in range(first, number, SENDERS):
            due = began + n / rate
            rest.wait(max(due - time.monotonic(), 0))
            status = 0
            try:
                ask(line, n)
                answer = line.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                line.close()
            said.append((status, (time.monotonic() - due) * 1000))
        line.close()
        return said

    with ThreadPoolExecutor(SENDERS) as senders:
        said = [one for each in senders.map(send, range(SENDERS)) for one in each]
    seconds = time.monotonic() - began
    hundredths = quantiles([took for _, took in said], n=100)
    return Stream(tuple(status for status, _ in said), seconds, hundredths[49], hundredths[98])
