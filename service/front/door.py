"""The door: what stands between the clients and Flask, in granian's RSGI.

It gives published bytes from memory, takes only whole requests, and then only a thread of Flask's. A client that
stalls (head, body or reading) costs a coroutine or a place in granian, and holds up nobody else.
"""

from __future__ import annotations

import asyncio
from time import monotonic

from prometheus_client import CollectorRegistry

from service.front.bridge import Answer, Bridge, Wsgi
from service.front.deadline import SECONDS, whole_body
from service.front.environ import environ
from service.front.head import Refused, check
from service.front.held import ROOM, Held, Shelf, encodings
from service.front.looks import Looks
from service.front.rsgi import Line, RequestHeaders, Scope
from service.front.tally import Tally
from service.values.address import parse

READERS, WRITERS = 4, 16
"""Threads for ``GET`` and ``HEAD``, and for all else: writes that wait for a locked database hold up no reader, and the
more wait together, the more are committed together."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})


class Door:
    """An RSGI application in front of a WSGI one; one a process. Only the event loop touches its state."""

    def __init__(
        self,
        wsgi: Wsgi,
        base_url: str,
        *,
        trusted_proxies: int = 0,
        body_seconds: float = SECONDS,
        room: int = ROOM,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._ours = parse(base_url)
        self._trusted_proxies = trusted_proxies
        self._body_seconds = body_seconds
        self._reads, self._writes = Bridge(wsgi, READERS), Bridge(wsgi, WRITERS)
        shelf = Shelf(room)
        self._held = shelf.entries
        self._looks = Looks(self._reads, shelf)
        self._tally = Tally()
        if registry is not None:
            registry.register(self._tally)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by granian once, before the first request."""
        self._reads.start()
        self._writes.start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by granian once, after the last request."""
        self._writes.stop()
        self._reads.stop()

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        """One request, answered once. The first branch is the way of almost all reads: keep it short."""
        if scope.method == "GET":
            held = self._held.get((scope.path, scope.query_string))
            if held is not None and held.good_until > monotonic():
                headers = scope.headers
                if (
                    len(headers.get_all("host")) == 1
                    and "content-length" not in headers
                    and "transfer-encoding" not in headers
                ):
                    self._tally.held += 1
                    _give(held, headers, line)
                    return
        try:
            check(scope)
            body = await whole_body(scope, line, self._body_seconds)
            await self._answer(scope, line, body)
        except Refused as refusal:
            self._tally.refused[refusal.status] += 1
            _refuse(refusal, line)

    async def _answer(self, scope: Scope, line: Line, body: bytes) -> None:
        asked = environ(scope, body, self._ours, self._trusted_proxies)
        if scope.method not in ("GET", "HEAD"):
            _pass_on(await self._writes.ask(asked), line)
            return
        found = await self._looks.find((scope.path, scope.query_string), asked)
        if isinstance(found, Held):
            _give(found, scope.headers, line)
        else:
            _pass_on(found, line)


def _give(held: Held, headers: RequestHeaders, line: Line) -> None:
    accepted = headers.get("accept-encoding")
    form = held.forms[encodings(accepted) if accepted is not None else 0]
    known = headers.get("if-none-match")
    if known is not None and held.matches(known):
        line.response_empty(304, form.unchanged)
    else:
        line.response_bytes(held.answer.status, form.headers, form.body)


def _pass_on(answer: Answer, line: Line) -> None:
    headers = [pair for pair in answer.headers if pair[0].lower() not in _HOP_BY_HOP]
    if answer.body:
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        line.response_bytes(answer.status, headers, answer.body)
    else:
        line.response_empty(answer.status, headers)


def _refuse(refusal: Refused, line: Line) -> None:
    headers = [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("connection", "close"),
    ]
    if refusal.status == 503:
        headers.append(("retry-after", "1"))
    line.response_bytes(refusal.status, headers, f"{refusal.sentence}\n".encode())
