"""Child processes that are started again when they die, and stopped in order when we are told to.

Every child leads a process group of its own: Ctrl-C reaches us alone, and what a dead child leaves behind is found and
ended. All are started by the main thread, because the kernel ends them when the *thread* that started them ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import IO

from service.cli.log import LONGEST, one_line
from service.cli.parent import die_with_parent
from service.cli.told import listen

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
"""Seconds before a dead child is started again; twice as long each time that it dies young."""
YOUNG = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process to be kept running."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    stage: int
    """When it is stopped: 1 first, all of one stage together."""
    grace: float
    """Seconds after which it is killed, from when we were told to stop."""
    files: Sequence[int] = ()
    """Open files that it inherits."""


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    wait: float = 0.0
    again_at: float | None = None
    """When it is to be started again, where it is dead."""


class Supervisor:
    """Keeps children running. It takes over SIGCHLD, and what asks its process to end."""

    def __init__(self) -> None:
        self._signals: SimpleQueue[int] = SimpleQueue()
        self._running: list[_Running] = []
        signal.signal(signal.SIGCHLD, self._note)
        listen(self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.put(number)

    def start(self, child: Child) -> None:
        """Start a child, and from now on keep it running."""
        self._running.append(_Running(child, _spawn(child), time.monotonic()))

    def watch(self, enough: Callable[[], bool] | None = None) -> bool:
        """Keep the children running until we are told to stop (``False``), or until it is ``enough`` (``True``),
        which is asked ten times a second."""
        while enough is None or not enough():
            try:
                if self._signals.get(timeout=self._pause(0.1 if enough else 60.0)) != signal.SIGCHLD:
                    return False
            except Empty:
                pass
            for running in self._running:
                self._look_after(running)
        return True

    def stop(self) -> None:
        """Stop all, stage by stage: SIGTERM, and SIGKILL for what overstays its grace."""
        began = time.monotonic()
        for stage in sorted({running.child.stage for running in self._running}):
            theirs = [one for one in self._running if one.child.stage == stage and one.again_at is None]
            for running in theirs:
                running.process.terminate()
            for running in theirs:
                left = running.child.grace - (time.monotonic() - began)
                try:
                    running.process.wait(max(left, 0))
                except subprocess.TimeoutExpired:
                    say("supervisor", f"{running.child.name} had not stopped after {running.child.grace:g} s: killed")
                _end_group(running.process)

    def _pause(self, longest: float) -> float:
        waiting = [running.again_at for running in self._running if running.again_at is not None]
        return max(min([longest, *(at - time.monotonic() for at in waiting)]), 0)

    def _look_after(self, running: _Running) -> None:
        now = time.monotonic()
        if running.again_at is not None:
            if now >= running.again_at:
                running.process, running.started, running.again_at = _spawn(running.child), now, None
        elif (status := running.process.poll()) is not None:
            _end_group(running.process)
            young = now - running.started < YOUNG
            running.wait = min(max(running.wait * 2, FIRST_WAIT), LONGEST_WAIT) if young else FIRST_WAIT
            running.again_at = now + running.wait
            how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
            say("supervisor", f"{running.child.name} {how}; it is started again in {running.wait:g} s")


def say(name: str, line: str) -> None:
    """One line on standard error, under the name of who says it."""
    with suppress(OSError):  # who reads us may be gone; the children are not
        sys.stderr.write(f"{name:<10} | {one_line(line)}\n")
        sys.stderr.flush()


def _spawn(child: Child) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603
        child.argv,
        env=child.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=child.files,
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )
    assert process.stdout is not None
    Thread(target=_relay, args=(child.name, process.stdout), name=f"log-{child.name}", daemon=True).start()
    return process


def _relay(name: str, lines: IO[bytes]) -> None:
    with lines:
        while line := lines.readline(LONGEST):
            if text := line.decode(errors="replace").rstrip():
                say(name, text)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's group, and wait for the child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
