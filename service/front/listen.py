"""Our side of the line: the listening socket, and granian on it with our door."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from service.front.door import Door

HEAD_SECONDS = 5
"""For a whole request head, from the moment when one could begin: slow heads and idle lines end alike."""
READ_SECONDS = 30
"""A client that takes nothing of an answer for so long is cut off by the kernel (RFC 5482; Linux only)."""
STOP_SECONDS = 3
"""For what is under way when we are asked to stop."""
BACKLOG = 4096
SPARE_FILES = 64
"""Of the files that a process may open, for all that is not a client; half of them where there are few. A client
past the rest waits in the backlog until one has left."""


def listen(host: str, port: int, read_seconds: int = READ_SECONDS) -> socket.socket:
    """A socket that listens; whoever starts the server again hands it the same, and no client notices.

    Raises ``OSError`` where the address is not ours to take. The port is never shared, so that two servers can not
    each have half of the clients.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # what is set here holds for every line that is taken
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, read_seconds * 1000)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class _Server(MPServer):
    """granian on a socket that listens already; by itself it shares ports (``SO_REUSEPORT``)."""

    _ssp: Any
    _shd: Any
    _sfd: Any

    def __init__(self, listening: socket.socket, **options: Any) -> None:
        super().__init__("service.front.door", **options)
        self._listening = listening

    def _init_shared_socket(self) -> None:
        self._ssp = None
        self._sfd = self._listening.fileno()
        self._shd = SocketHolder(self._sfd, False, BACKLOG)  # type: ignore[call-arg]  # its stub is bare
        self._sso = self._listening


def serve(door: Callable[[], Door], listening: socket.socket, processes: int, logging: dict[str, Any]) -> None:
    """Answer until SIGTERM or SIGINT; each process makes its own door. ``logging``: the standard library's settings.

    A process that dies is started again; if it dies at once, ``SystemExit`` 1 is raised.
    """
    host, port = listening.getsockname()[:2]
    target: Callable[..., Any] = door
    _Server(
        listening,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        workers=processes,
        backlog=BACKLOG,
        backpressure=_clients(),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        respawn_failed_workers=True,
        respawn_interval=0,
        workers_kill_timeout=STOP_SECONDS,
        log_dictconfig=logging,
        log_level=LogLevels.warning,
    ).serve(target_loader=target, wrap_loader=False)


def _clients() -> int:
    """How many clients there is room for, after asking for as many files as can be had, 65,536 at most."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if most == resource.RLIM_INFINITY else min(most, 65536)
    if wanted > files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        files = wanted
    return files - min(SPARE_FILES, files // 2)
