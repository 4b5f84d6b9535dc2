"""The parts of the embedded run: what each is started with, and in which order they are stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from service.cli.supervisor import Child

WEB, WORKERS, REDIS = 1, 2, 3
"""First nothing more is taken in, then what is held is given back; Redis hears of it and goes last."""

GRACE: Mapping[int, float] = {WEB: 4.0, WORKERS: 7.5, REDIS: 9.0}
"""Seconds after which a stage is killed, from when the run was told to stop: what one leaves, the next may use."""

Environ = Mapping[str, str]


def redis(argv: Sequence[str], environ: Environ) -> Child:
    """The private Redis, which is up before the others are started."""
    return Child("redis", argv, environ, REDIS, GRACE[REDIS])


def parts(environ: Environ, listening: int, workers: int) -> Iterator[Child]:
    """All that needs a database and Redis. ``listening``: the file of the socket on which web answers."""
    yield _ours("web", ["web", "--fd", str(listening)], environ, WEB, files=(listening,))
    for number in range(1, workers + 1):
        yield _ours("verify" if workers == 1 else f"verify-{number}", ["worker", "verify"], environ, WORKERS)
    yield _ours("errands", ["worker", "errands"], environ, WORKERS)
    yield _ours("scheduler", ["scheduler"], environ, WORKERS)


def _ours(name: str, words: Sequence[str], environ: Environ, stage: int, files: Sequence[int] = ()) -> Child:
    """One of our own commands; ``-P`` keeps a folder called "service" where we are started from out of the way."""
    return Child(name, [sys.executable, "-P", "-m", "service.cli", *words], environ, stage, GRACE[stage], files)
