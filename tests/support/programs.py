"""Programs of others that tests start: found on the machine, ended with the tests, also when those are killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def program(name: str, package: str) -> str:
    """The path of a program.

    Where ``CI=true`` a missing one is a failure that names its Debian package, elsewhere the test is skipped.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return found or missing(f"{name} is not on this machine: the Debian package {package} brings it")


def missing(what: str) -> str:
    """Ends the test: with a failure where ``CI=true``, else as skipped. Says what can't be had."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@contextlib.contextmanager
def running(
    arguments: Sequence[str | Path], log: Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a group of processes of its own, asked to end at the end and killed when it overstays 10 s."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environ is None else dict(environ),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    try:
        yield child
    finally:
        end(child)


def end(child: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Ends a program of :func:`running` with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _end_with_parent() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests by nohup does not speak for what they start
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
