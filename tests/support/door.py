"""Our door in a process of its own, before a small WSGI application that does what a test writes into a folder."""

from __future__ import annotations

import gzip
import http.client
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import brotli
import pytest

from service.front.door import Door
from service.front.listen import READ_SECONDS, listen, serve
from service.values.held import HOLD, HeldAnswer

BODY_SECONDS = 2.0
BASE_URL = "https://reflections.example/talk"


def application(folder: Path, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """What stands behind the door: ``/thread`` offers its answer to be held, ``/echo`` says what it was asked."""
    path = environ["PATH_INFO"]
    with (folder / "asked").open("a") as asked:
        asked.write(f"{environ['REQUEST_METHOD']} {path}\n")
    pause = Event()
    while (folder / "hangs").exists() and path != "/quick":
        pause.wait(0.01)
    if (folder / "away").exists() and path == "/thread":
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"the database is away"]
    if path == "/thread" and (folder / "version").exists():
        body = (folder / "version").read_bytes().ljust(2000)
        tag = f'"{body.strip().decode()}"'
        headers = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "public, max-age=10"))
        environ[HOLD](HeldAnswer(200, headers, tag, body, gzip.compress(body), brotli.compress(body)))
        start_response("200 OK", [*headers, ("ETag", tag)])
        return [body]
    if path == "/boom":
        raise RuntimeError("boom")
    if path == "/cookies":
        start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "close")])
        return [b""]
    if path == "/large":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return [b"x" * int(environ["QUERY_STRING"])]
    said = {key: value for key, value in environ.items() if isinstance(value, str)}
    said["body"] = environ["wsgi.input"].read().decode("latin-1")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]


def main() -> None:
    """``door.py FD FOLDER PROXIES``: serve on an inherited socket until told to stop."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    folder = Path(sys.argv[2])

    def door() -> Door:
        return Door(
            lambda environ, start: application(folder, environ, start),
            BASE_URL,
            trusted_proxies=int(sys.argv[3]),
            body_seconds=BODY_SECONDS,
        )

    serve(door, listening, 1, {})


@dataclass(frozen=True)
class RunningDoor:
    """A door that answers on ``port``; ``folder`` is the world behind it."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    thread: str = "/thread"
    """An address whose answer may be held."""

    def connect(self, seconds: float = 10.0, receive_buffer: int | None = None) -> socket.socket:
        """A raw line to the door."""
        line = socket.socket()
        if receive_buffer is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.settimeout(seconds)
        line.connect(("127.0.0.1", self.port))
        return line

    def raw(self, data: bytes, seconds: float = 10.0) -> bytes:
        """All that comes back for these bytes, until the door closes the line."""
        with closing(self.connect(seconds)) as line:
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(data)
            return until_closed(line)

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request as an honest client sends it; ``_`` in a header's name stands for ``-``."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            began = time.monotonic()
            line.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return Reply(answer.status, answer.headers, answer.read(), time.monotonic() - began)
        finally:
            line.close()

    def asked(self) -> int:
        """How many requests came through to the application."""
        asked = self.folder / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0

    def publish(self, version: str) -> None:
        """Give ``/thread`` this content from now on."""
        new = self.folder / "new"
        new.write_text(version)
        new.rename(self.folder / "version")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def until_closed(line: socket.socket) -> bytes:
    """Everything that arrives until the other side closes; ``TimeoutError`` where it does not."""
    received = b""
    try:
        while piece := line.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


class Doors:
    """The doors of one test session: starting one takes longer than most tests."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._running: dict[int, RunningDoor] = {}

    def open(self, trusted_proxies: int = 0) -> RunningDoor:
        """A door that believes so many proxies, in front of an empty folder and with an address of its own to hold."""
        if trusted_proxies not in self._running:
            folder = self._folder / str(trusted_proxies)
            folder.mkdir()
            self._running[trusted_proxies] = self._stack.enter_context(running_door(folder, trusted_proxies))
        door = replace(self._running[trusted_proxies], thread=f"/thread?url={secrets.token_hex(4)}")
        for left in door.folder.iterdir():
            left.unlink()
        return door


@contextmanager
def running_door(
    folder: Path, trusted_proxies: int = 0, files: int = 4096, read_seconds: int = READ_SECONDS
) -> Iterator[RunningDoor]:
    """A door in a process of its own that may open so many files; it is asked to stop at the end."""
    with closing(listen("127.0.0.1", 0, read_seconds)) as listening:
        arguments = [str(listening.fileno()), str(folder), str(trusted_proxies)]
        command = ["prlimit", f"--nofile={files}", sys.executable, "-m", "tests.support.door", *arguments]
        process = subprocess.Popen(command, pass_fds=[listening.fileno()])
        port = listening.getsockname()[1]
    try:
        yield RunningDoor(port, folder, process)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Doors that live as long as the session."""
    with ExitStack() as stack:
        yield Doors(stack, tmp_path_factory.mktemp("doors"))


@pytest.fixture
def door(doors: Doors) -> RunningDoor:
    """A door that believes no proxy."""
    return doors.open()


if __name__ == "__main__":
    main()
