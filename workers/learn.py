"""Has a site's decisions learned when they have grown by a tenth: an errand, whose work another process does and ends.

    scheduler: which sites' decisions grew ──► due ──► bell ──► errand ──► workers.learning (loads scikit-learn, ends)

What it reads and writes is the database's alone, and twice does no harm: the second writes what the first did.
Where scikit-learn is not installed (``pip install reflections[learn]``), nothing is learned.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Event

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.model import weights
from service.model.engine import written

LONGEST = 600.0
"""Seconds after which a round of learning is ended."""

log = structlog.get_logger(__name__)


def mark(engine: Engine, now: datetime) -> None:
    """Notes for which sites there is something new to learn."""
    with Session(engine) as session:
        grown = weights.grown(session)
    if grown:
        written(engine, lambda session: weights.want(session, grown, now))


def any_due(engine: Engine) -> bool:
    """Whether there is something to learn."""
    with Session(engine) as session:
        return bool(weights.due(session))


def learn_due(engine: Engine, stop: Event) -> None:
    """Has all that is due learned, unless it is asked to stop: then it stays due."""
    with Session(engine) as session:
        sites = weights.due(session)
    if not sites:
        return
    if not can_learn():
        _say_once()
    elif not _taught(engine, sites, stop):
        return
    written(engine, lambda session: weights.done(session, sites))


def can_learn() -> bool:
    """Whether scikit-learn is there, which is not loaded for that."""
    return importlib.util.find_spec("sklearn") is not None


@functools.cache
def _say_once() -> None:
    log.warning("nothing is learned from decisions: scikit-learn is missing (pip install 'reflections[learn]')")


def _taught(engine: Engine, sites: Sequence[int], stop: Event) -> bool:
    """Whether it is done with, well or not; ``False`` where it was asked to stop."""
    told = {"database": engine.url.render_as_string(hide_password=False), "sites": list(sites)}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "workers.learning"],
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.close()
        if not _ended(process, stop):
            process.kill()
            return False
    if process.returncode:
        log.error("learning from decisions failed", sites=list(sites), code=process.returncode)
    return True


def _ended(process: subprocess.Popen[str], stop: Event) -> bool:
    """Whether it came to its end by itself; one that overstays is ended, and counts as done."""
    left = LONGEST
    while not stop.is_set() and process.poll() is None:
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            left -= 0.2
            if left <= 0:
                process.kill()
                process.wait()
    return process.poll() is not None
