"""The machine: its cores and who works on which, and the Debian programs that the bench needs."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.debian import bring, listed

CORES = sorted(os.sched_getaffinity(0))
"""The first takes a server with its helpers, the second the load."""


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Processes that are started meanwhile stay on one core: 0 for what is measured, 1 for what measures."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def program(name: str) -> str:
    """The path of a program; one line and the end where it is not there."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return found or sys.exit(f"{name} is not on this machine; bench/debian.txt names what brings it")


def prepare() -> None:
    """Brings the Debian packages where we may. Ends where there is only one core: nothing could be told apart."""
    if len(CORES) < 2:
        sys.exit("the bench needs two cores: one for the server, one for the load")
    bring(listed(Path(__file__).with_name("debian.txt")))


def described() -> str:
    """The machine in one line."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    busy = os.getloadavg()[0]
    return (
        f"{len(CORES)} cores ({models[0] if models else platform.machine()}), Linux {platform.release()}, "
        f"Python {platform.python_version()}, load before the run {busy:.1f}"
    )


def peak_memory(process: int) -> float:
    """The most MB that a process has held (its resident set)."""
    peak = next(line for line in _lines(f"/proc/{process}/status") if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
