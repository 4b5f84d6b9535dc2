"""The web, as far as the tests need one: page servers on loopback, a host for every address of 127.0.0.0/8.

``web`` is a fresh one for each test. Every host answers on the same free port, plain, and on a further one
for each certificate that a test gives to :meth:`Web.secure`. What arrives is recorded, connections without a
request too, so that a host which nobody may reach is its own canary. One thread runs all of it; a thousand
requests a second is no load.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

HOST = "127.0.0.2"
"""The host of a page that names none."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    time: float
    """Of ``time.monotonic``, when its head was there."""
    host: str
    """The address that was connected to: ``127.0.0.2``, ``[::1]``."""
    method: str
    path: str
    """The request's target, query included."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    concurrent: int
    """How many connections to this host were open when it came, its own included."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answers. A length, a type (HTML) and ``Connection: close`` are added if need be."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""
    held: threading.Event | None = None
    """No first byte before this is set, where a test wants to be quicker or slower than any delay."""

    def encode(self, method: str) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        kind = "text/html; charset=utf-8" if isinstance(self.body, str) else "text/html"
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        given = {name.lower() for name in self.headers}
        lines = [f"{name}: {value}" for name, value in headers.items() if name.lower() not in given]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unheard of"
        head = "\r\n".join([f"HTTP/1.1 {self.status} {phrase}", *lines, "", ""]).encode("utf-8")
        return head if method == "HEAD" else head + body


Handler = Callable[[Request], Answer]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Web:
    """Page servers on every address of 127.0.0.0/8 and on ``[::1]``, until :meth:`close`."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], Handler] = {}
        self._raw: dict[str, Raw] = {}
        self._first_words: dict[str, Raw] = {}
        self._records: list[Request] = []
        self._connections: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self._longest: dict[str, float] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="web", daemon=True)
        self._thread.start()
        self.port = self._listen(None)

    # what is on it

    def url(self, path: str = "/", host: str = HOST, port: int | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host}:{port or self.port}{path}"

    def page(
        self,
        path: str = "/",
        body: str | bytes = "",
        *,
        host: str = HOST,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        held: threading.Event | None = None,
    ) -> str:
        """A page that always answers alike; its address. The same path again is the page's new version."""
        answer = Answer(body, status, dict(headers or {}), delay, held)
        return self.answers(path, lambda _request: answer, host=host)

    def answers(self, path: str, handler: Handler, *, host: str = HOST) -> str:
        """A page that makes up its mind with each request, of any query; its address."""
        self._pages[host, path] = handler
        return self.url(path, host)

    def redirect(self, path: str, location: str, *, host: str = HOST, status: int = 302) -> str:
        return self.page(path, host=host, status=status, headers={"Location": location})

    def remove(self, url: str) -> None:
        """The page is not found from now on."""
        self._pages.pop(_place(url), None)

    def gone(self, url: str) -> None:
        """The page is gone for good (410) from now on."""
        host, path = _place(url)
        self.page(path, "gone", host=host, status=410)

    def raw(self, handler: Raw, *, host: str = HOST) -> str:
        """A host where ``handler(reader, writer)`` answers, once a request was read; its address."""
        self._raw[host] = handler
        return self.url(host=host)

    def says(self, answer: bytes, *, host: str = HOST) -> str:
        """A host that answers each request with exactly these bytes and closes; its address."""

        async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)

        return self.raw(say, host=host)

    def greets(self, handler: Raw, *, host: str = HOST) -> str:
        """A host where ``handler`` has the connection from its start, no request awaited; its address."""
        self._first_words[host] = handler
        return self.url(host=host)

    def secure(self, context: ssl.SSLContext) -> int:
        """The same pages over TLS with this certificate, on the port that is returned."""
        return self._listen(context)

    # what arrived

    def requests(self, where: str = "") -> list[Request]:
        """The requests for an address (``http://…``), for a host, or all, the oldest first."""
        if "://" not in where:
            return [request for request in self._records if where in ("", request.host)]
        host, path = _place(where)
        return [request for request in self._records if (request.host, _path(request)) == (host, path)]

    def connections(self, host: str) -> int:
        """How many connections were ever opened to a host."""
        return self._connections[host]

    def longest(self, host: str) -> float:
        """Seconds of the longest connection to a host that has ended."""
        return self._longest.get(host, 0.0)

    # how it works

    def close(self) -> None:
        async def stop() -> None:
            for server in self._servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _listen(self, context: ssl.SSLContext | None) -> int:
        async def start() -> int:
            sockets = _loopback_sockets()
            for listening in sockets:
                server = await asyncio.start_server(self._visit, sock=listening, ssl=context, limit=1 << 20)
                self._servers.append(server)
            port: int = sockets[0].getsockname()[1]
            return port

        return self._run(start())

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = writer.get_extra_info("sockname")[0]
        host = f"[{name}]" if ":" in name else name
        self._connections[host] += 1
        self._open[host] += 1
        began = time.monotonic()
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._converse(host, reader, writer)
        finally:
            self._open[host] -= 1
            self._longest[host] = max(self.longest(host), time.monotonic() - began)
            with contextlib.suppress(OSError):
                writer.close()

    async def _converse(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        concurrent = self._open[host]
        if greet := self._first_words.get(host):
            await greet(reader, writer)
            return
        request = await _read(reader, host, concurrent)
        self._records.append(request)
        if raw := self._raw.get(host):
            await raw(reader, writer)
            await writer.drain()
            return
        handler = self._pages.get((host, _path(request)), _not_found)
        answer = handler(request)
        if answer.delay and await _gone_within(reader, answer.delay):
            return
        while answer.held and not answer.held.is_set():
            if await _gone_within(reader, 0.02):
                return
        writer.write(answer.encode(request.method))
        await writer.drain()


@pytest.fixture
def web() -> Iterator[Web]:
    """A web of its own for each test."""
    with Web() as fresh:
        yield fresh


def _loopback_sockets() -> list[socket.socket]:
    """One socket for the whole of 127.0.0.0/8 and one for ::1, on the same port."""
    while True:
        four = socket.socket(socket.AF_INET)
        four.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Only from this machine, although it listens on every address.
        four.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        four.bind(("0.0.0.0", 0))
        six = socket.socket(socket.AF_INET6)
        six.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening = [four, six]
        try:
            six.bind(("::1", four.getsockname()[1]))
        except OSError as refused:
            six.close()
            if refused.errno == errno.EADDRINUSE:
                four.close()
                continue
            listening = [four]  # a machine without IPv6
        for each in listening:
            each.listen(1024)
            each.setblocking(False)
        return listening


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (f"[{host}]" if ":" in host else host), parts.path or "/"


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


def _not_found(_request: Request) -> Answer:
    return Answer("not found", 404)


async def _read(reader: asyncio.StreamReader, host: str, concurrent: int) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path = first.split(" ")[:2]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(time.monotonic(), host, method, path, headers, body, concurrent)


async def _gone_within(reader: asyncio.StreamReader, seconds: float) -> bool:
    """Whether the client hung up before the time was over."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(1), seconds)
        return True
    return False
