"""Whole requests to the threads that run Flask, and their answers back to the loop.

A thread is held for as long as Flask thinks, never for as long as a client reads or writes: the request is
complete before it is handed over, and the answer is complete before it leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, cast

import structlog

from service.front.head import Refused
from service.values.held import HOLD, HeldAnswer

THREADS = 8
WAITING = 1000
ROOM = 64 * 1024 * 1024
"""Requests that may wait for a thread, and bytes that they may bring; past that the door answers 503, so that a flood
costs no memory."""

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What Flask said: a status, headers, the body, and what it offered to be held, if anything."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    held: HeldAnswer | None = None


@dataclass(frozen=True, slots=True)
class _Errand:
    environ: Environ
    answer: asyncio.Future[Answer]
    size: int


class Bridge:
    """``threads`` threads that run a WSGI application for one event loop."""

    def __init__(self, wsgi: Wsgi, threads: int = THREADS) -> None:
        self._wsgi = wsgi
        self._queue: SimpleQueue[_Errand | None] = SimpleQueue()
        self._waiting = 0
        """The bytes of what is asked and not answered yet, as the event loop counts them."""
        self._threads = [Thread(target=self._work, name=f"flask-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 3.0) -> None:
        """Let the threads end what they have begun, ``seconds`` each at most."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(seconds)

    def ask(self, environ: Environ) -> asyncio.Future[Answer]:
        """Flask's answer, when it comes; a failure of the application is an answer of 500.

        Raises :class:`Refused` (503) where ``WAITING`` others are in line, or have brought ``ROOM`` bytes.
        """
        size = int(environ.get("CONTENT_LENGTH", 0))
        if self._queue.qsize() >= WAITING or (size and self._waiting + size > ROOM):
            raise Refused(503, "Too many requests are waiting; try again in a second.")
        self._waiting += size
        answer = asyncio.get_running_loop().create_future()
        self._queue.put(_Errand(environ, answer, size))
        return answer

    def _work(self) -> None:
        while (errand := self._queue.get()) is not None:
            answer = self._answer(errand.environ)
            errand.answer.get_loop().call_soon_threadsafe(self._deliver, errand, answer)

    def _deliver(self, errand: _Errand, answer: Answer) -> None:
        self._waiting -= errand.size
        if not errand.answer.done():
            errand.answer.set_result(answer)

    def _answer(self, environ: Environ) -> Answer:
        try:
            return run(self._wsgi, environ)
        except Exception:
            log.exception("request failed", path=environ["PATH_INFO"])
            return Answer(500, (("content-type", "text/plain; charset=utf-8"),), b"Something went wrong here.\n")


class _Call:
    """One call of the application: collects what it says (PEP 3333)."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []
        self.held: HeldAnswer | None = None

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,
    ) -> Callable[[bytes], None]:
        self.status = int(status[:3])
        self.headers = headers
        return self.written.append

    def hold(self, answer: HeldAnswer) -> None:
        self.held = answer


def run(wsgi: Wsgi, environ: Environ) -> Answer:
    """Call the application once and take all that it says."""
    call = _Call()
    environ[HOLD] = call.hold
    result = wsgi(environ, call.start_response)
    try:
        body = b"".join(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            cast("Callable[[], None]", close)()
    return Answer(call.status, tuple(call.headers), b"".join(call.written) + body, call.held)
