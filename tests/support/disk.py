"""A disk of a few MiB, to be filled and freed while somebody writes to it."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

SIZE = 64 << 20
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Disk(Protocol):
    """What can be filled up for a process and all below it, and freed again."""

    reason: str
    """What senders are told meanwhile, in a word or two."""

    def fill(self, run: int) -> None: ...

    def free(self) -> None: ...


class FileSystem:
    """A file system of its own, and a file that takes what room there is."""

    reason = "no space"

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self, run: int) -> None:
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 10, 1):
                try:
                    while True:
                        ballast.write(b"x" * size)
                except OSError as full:
                    assert full.errno == errno.ENOSPC

    def free(self) -> None:
        self._ballast.unlink()


class Quota:
    """Where nothing may be mounted: no file of these processes may grow past ``size``. Redis is left out, whom that
    would kill. SQLite can't tell that from a broken disk."""

    reason = "busy"

    def __init__(self, size: int = 0) -> None:
        self._size = size
        self._bound: list[psutil.Process] = []

    def fill(self, run: int) -> None:
        itself = psutil.Process(run)
        for process in (itself, *itself.children(recursive=True)):
            if "valkey" not in process.name():
                process.rlimit(psutil.RLIMIT_FSIZE, (self._size, resource.RLIM_INFINITY))
                self._bound.append(process)

    def free(self) -> None:
        for process in self._bound:
            with suppress(psutil.NoSuchProcess):
                process.rlimit(psutil.RLIMIT_FSIZE, UNLIMITED)
        self._bound.clear()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A file system of 64 MiB at ``folder`` where we may mount one, else a limit on whoever writes there."""
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        yield Quota()
        return
    try:
        yield FileSystem(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
