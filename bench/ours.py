"""Our own side: the embedded run as a user starts it, and its parts by themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from bench.machine import on_core
from bench.server import server
from config.settings import PREFIX
from service.cli import private_redis
from tests.support.programs import running
from tests.support.waiting import free_port, until

Environ = Mapping[str, str]

LIMITS = "address=10000000/minute,domain=10000000/minute,total=10000000/minute"
"""Counted, and never reached."""

SETTINGS: Environ = {"FETCH_ALLOW": "127.0.0.0/8", "INTAKE_LIMITS": LIMITS}


def environ(data: Path, **settings: str) -> dict[str, str]:
    """What a part of a run in ``data`` is told; nothing of the environment that the bench itself was started in."""
    told = {**SETTINGS, "DATA_DIR": str(data), "BASE_URL": "http://127.0.0.1:8000", **settings}
    return {"PATH": "/usr/bin:/bin", **{PREFIX + name: value for name, value in told.items()}}


@contextmanager
def private(data: Path) -> Iterator[str]:
    """The private Redis of a run in ``data``, without the run; its address."""
    path = data / "redis" / "redis.sock"
    with ExitStack() as stack:
        with on_core(0):
            stack.enter_context(running(list(private_redis.command(path)), data / "redis.log"))
        until(lambda: path.exists() and private_redis.answers(path), 10, "the private Redis does not answer")
        yield f"unix://{path}"


@contextmanager
def web(data: Path, *words: str, **environment: str) -> Iterator[str]:
    """``reflections web`` alone, or another program of ours that listens on ``--port``; its address."""
    port = free_port()
    command = [sys.executable, *(words or ("-m", "service.cli", "web")), "--port", str(port)]
    own = environ(data, BASE_URL=f"http://127.0.0.1:{port}")
    with server(command, port, data / "web.log", {**own, **environment}) as url:
        yield url


@contextmanager
def worker(data: Path, **settings: str) -> Iterator[int]:
    """``reflections worker verify`` and the scheduler that rings it, once it listens to its queue; its process."""
    ours, told = [sys.executable, "-m", "service.cli"], environ(data, **settings)
    with ExitStack() as stack:
        with on_core(0):
            process = stack.enter_context(running([*ours, "worker", "verify"], data / "worker.log", told))
            stack.enter_context(running([*ours, "scheduler"], data / "scheduler.log", told))
        connection = redis.Redis(unix_socket_path=str(data / "redis" / "redis.sock"))
        until(lambda: connection.scard("rq:workers") or process.poll() is not None, 30, "the worker did not come up")
        assert process.poll() is None, (data / "worker.log").read_text()
        yield process.pid
