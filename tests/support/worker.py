"""Workers and schedulers as processes of their own, started as an operator starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from config.settings import PREFIX, Settings
from tests.support.programs import running
from tests.support.service import OPEN
from workers import sweep

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """``start_worker()``: ``reflections worker verify`` on the test's database and Redis, or what the words say;
    ``under``: what else its environment holds, a wrong clock say."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = OPEN | {
        "DATABASE_URL": settings.database,
        "REDIS_URL": settings.redis,
        "DATA_DIR": str(tmp_path),
        "BASE_URL": settings.base_url,
        "SECRET_KEY": settings.secret,
    }
    environ |= {PREFIX + name: value for name, value in given.items()}
    with ExitStack() as ends:

        def start(*words: str, under: Mapping[str, str] | None = None, **more: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-P", "-m", "service.cli", *(words or ("worker", "verify"))]
            further = {PREFIX + name: value for name, value in more.items()}
            started = running(command, tmp_path / "worker.log", environ | further | dict(under or {}))
            return ends.enter_context(started)

        yield start


@contextmanager
def sweeping(settings: Settings) -> Iterator[None]:
    """The scheduler's loop in this process, which looks many times a second where the real one does every few."""
    stop = Event()
    loop = Thread(target=sweep.run, args=(settings, stop, 0.1))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(20)
        assert not loop.is_alive()


@pytest.fixture
def worker_log(tmp_path: Path) -> Callable[[], str]:
    """What the workers of this test have said so far."""
    return lambda: (tmp_path / "worker.log").read_text() if (tmp_path / "worker.log").exists() else ""
