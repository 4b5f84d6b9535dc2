"""The reading child, from outside: start, limits of time, pipe, kill.

A C parser can be given neither a deadline nor a limit of memory from within, so every stranger's page is read in a
process of its own that may die of it. It lives on from page to page (a start costs half a second) and is replaced
when it overstays, dies, or has grown. Its own side is :mod:`workers.reading.__main__`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import structlog

from service.values.address import Address
from service.values.entry import Author
from service.values.page import Failure, Page
from service.values.portrait import Portrait
from service.values.reading import Reading
from workers.reading import crossing
from workers.reading.heading import Heading
from workers.reading.reading import failed

SECONDS = 8.0
"""For one page, by the clock on the wall; the child's own 5 s of processor time come first on a quiet machine."""

START_SECONDS = 30.0
"""Until a child must be warm."""

_BLOCK = 64 * 1024
# Signals by which a page's own weight ends the child: its time, and memory that C or Rust code could not get.
_TOO_HEAVY = frozenset({-signal.SIGXCPU, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS})

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Crashed:
    """The child died while it had the page, and not of the page's weight, as far as is known: a death to be counted.

    The page is read again, so whoever kills the child from outside (SIGKILL, SIGTERM) does it no harm.
    """


class CannotStart(Exception):
    """There is no reading child to be had: no process, no memory, no files left. No page's fault."""


class _Ended(Exception):
    """The child's pipe is closed: it is dead or dying."""


class _Late(Exception):
    """The child has overstayed."""


class Child:
    """One reading child, for one thread at a time. A context manager; started by the first page otherwise."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._warm = False
        # Whether it was asked something and has not said all: what comes late is no answer to the next question.
        self._owes = False

    def __enter__(self) -> Child:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process that reads, if one was started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Sees to it that a child is there and warm. :class:`CannotStart` where none can be started."""
        if self._process is not None and (self._owes or self._process.poll() is not None):
            self.close()
        try:
            if self._process is None:
                self._spawn()
            if not self._warm:
                self._receive(time.monotonic() + START_SECONDS)
                self._warm = True
        except (_Ended, _Late, crossing.Nonsense, OSError) as failed_to:
            self.close()
            raise CannotStart("the reading child does not start") from failed_to

    def close(self) -> None:
        """Ends the child at once; nothing is lost by it. ``start`` and ``read`` start another."""
        process, self._process, self._warm, self._owes = self._process, None, False, False
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def read(self, page: Page, targets: Sequence[Address], seconds: float = SECONDS) -> Reading | Failure | Crashed:
        """The page as :func:`workers.reading.read` has it, in ``seconds`` at most, the start of a child aside.

        A page that is too heavy is what the link test found, marked so; where not even that could speak it is the
        failure ``too_heavy``.
        """
        verdict: Reading | Failure | None = None
        try:
            for said in self._ask(page, "source", [target.url for target in targets], seconds=seconds):
                if "found" in said:
                    return crossing.found_in(said["found"], page)
                verdict = crossing.found_in(said["verdict"], page)
            return self._nonsense()
        except _Late:
            self._replace()
            return verdict or failed(page, "too_heavy")
        except _Ended:
            return self._epitaph(page, verdict)
        except (crossing.Nonsense, KeyError):
            return self._nonsense()

    def heading(self, page: Page, seconds: float = SECONDS) -> Heading | None:
        """The heading of a post of ours (:mod:`workers.reading.heading`); ``None`` where it costs too much."""
        return self._answer(page, "heading", (), crossing.heading_in, seconds)

    def author(self, page: Page, wanted: Address, seconds: float = SECONDS) -> Author | None:
        """Whom the page at ``wanted`` names as its owner (:mod:`workers.reading.author`), likewise."""
        return self._answer(page, "author", (wanted.url,), crossing.author_in, seconds)

    def vouches(self, page: Page, domain: str, seconds: float = SECONDS) -> bool | None:
        """Whether the page links to the domain as to one it knows (:mod:`workers.reading.vouch`), likewise."""
        return self._answer(page, "vouch", (domain,), lambda said: said["vouches"] is True, seconds)

    def picture(self, page: Page, seconds: float = SECONDS) -> Portrait | Failure | Crashed:
        """The author's picture that the page is, drawn anew (:mod:`workers.reading.picture`)."""
        try:
            for said in self._ask(page, "picture", seconds=seconds):
                return crossing.portrait_in(said["found"], page)
        except _Late:
            self._replace()
            return failed(page, "too_heavy")
        except _Ended:
            found = self._epitaph(page, None)
            return failed(page, "too_heavy") if isinstance(found, Failure) else Crashed()
        except (crossing.Nonsense, KeyError):
            pass
        return self._nonsense()

    def _answer(
        self, page: Page, question: str, about: Sequence[str], read: Callable[[dict[str, Any]], T], seconds: float
    ) -> T | None:
        """The one answer to a question, ``None`` where none comes: no item lives or dies by it."""
        try:
            for said in self._ask(page, question, about, seconds=seconds):
                return read(said["found"])
        except (_Late, _Ended):
            self._replace()
        except (crossing.Nonsense, KeyError):
            self._nonsense()
        return None

    def _ask(self, page: Page, question: str, about: Sequence[str] = (), *, seconds: float) -> Iterator[dict[str, Any]]:
        """What the child says of a page, until it has said all. Where whoever listens is torn away before, the next
        question goes to another child."""
        self.start()
        deadline = time.monotonic() + seconds
        self._owes = True
        self._send(page, crossing.page_header(page, question, about), deadline)
        while self._owes:
            said = self._receive(deadline)
            if "found" in said:
                self._owes = False
                if said.get("last"):
                    self._replace()
            yield said

    def _nonsense(self) -> Crashed:
        self._replace()
        log.warning("the reading child talked nonsense")
        return Crashed()

    def _epitaph(self, page: Page, verdict: Reading | Failure | None) -> Reading | Failure | Crashed:
        """What the child's death says of the page that it had."""
        code = self._exit_code()
        self._replace()
        log.warning("the reading child died", of=_cause(code), page=page.asked.page)
        if code == -signal.SIGXCPU:
            return verdict or failed(page, "too_heavy")
        return verdict if verdict is not None and code in _TOO_HEAVY else Crashed()

    def _spawn(self) -> None:
        """A process with nothing of ours but the way to its code: no settings, no secrets, no open files."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workers.reading"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
                "LANG": "C.UTF-8",
                # Each arena of glibc's reserves 64 MiB of the address space that is limited.
                "MALLOC_ARENA_MAX": "1",
            },
            bufsize=0,
            start_new_session=True,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

    def _replace(self) -> None:
        """Another child instead of this one; it warms up while the thread does something else."""
        self.close()
        with contextlib.suppress(OSError):
            self._spawn()

    def _exit_code(self) -> int | None:
        assert self._process is not None
        try:
            return self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return None

    def _send(self, page: Page, head: bytes, deadline: float) -> None:
        left = memoryview(struct.pack("!II", len(head), len(page.body)) + head + page.body)
        assert self._process is not None and self._process.stdin is not None
        pipe = self._process.stdin.fileno()
        while left:
            _await(pipe, select.POLLOUT, deadline)
            try:
                left = left[os.write(pipe, left[:_BLOCK]) :]
            except BrokenPipeError:
                raise _Ended from None

    def _receive(self, deadline: float) -> dict[str, Any]:
        """One message."""
        length = struct.unpack("!I", self._bytes(4, deadline))[0]
        if length > crossing.LARGEST_ANSWER:
            raise crossing.Nonsense("too long")
        try:
            said = json.loads(self._bytes(length, deadline))
        except (ValueError, RecursionError):
            raise crossing.Nonsense("no JSON") from None
        if not isinstance(said, dict):
            raise crossing.Nonsense("no message")
        return said

    def _bytes(self, count: int, deadline: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        pipe, blocks, left = self._process.stdout.fileno(), list[bytes](), count
        while left:
            _await(pipe, select.POLLIN, deadline)
            block = os.read(pipe, min(left, _BLOCK))
            if not block:
                raise _Ended
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)


def _cause(code: int | None) -> str:
    """An exit code in words."""
    if code is None or code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _await(pipe: int, event: int, deadline: float) -> None:
    """Waits until the pipe can be used or is closed; ``_Late`` where that takes too long."""
    waiting = select.poll()
    waiting.register(pipe, event)
    left = deadline - time.monotonic()
    if left <= 0 or not waiting.poll(left * 1000):
        raise _Late
