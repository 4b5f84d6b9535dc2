"""The parts of a running service, to be killed: found by what they were started with, as an administrator would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psutil

PARTS: Mapping[str, tuple[str, ...]] = {
    "web": ("service.cli", "web"),
    "verify": ("service.cli", "worker", "verify"),
    "errands": ("service.cli", "worker", "errands"),
    "scheduler": ("service.cli", "scheduler"),
    "redis": ("valkey-server",),
    "reading": ("workers.reading",),
}
"""A part's name, and words that stand in this order in its command line."""


def processes(run: int, part: str) -> list[psutil.Process]:
    """The living processes of a part, below the process ``run``, the nearest to it first."""
    return [process for process in _below(run) if _is(process, PARTS[part])]


def kill(run: int, part: str) -> bool:
    """Kills the part with -9, whatever it is doing; whether there was one to kill."""
    for process in processes(run, part)[:1]:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            return False
        return True
    return False


def _below(run: int) -> Iterator[psutil.Process]:
    try:
        yield from psutil.Process(run).children(recursive=True)
    except psutil.NoSuchProcess:
        return


def _is(process: psutil.Process, words: tuple[str, ...]) -> bool:
    try:
        line = " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
    place = 0
    for word in words:
        place = line.find(word, place) + 1
        if not place:
            return False
    return True
