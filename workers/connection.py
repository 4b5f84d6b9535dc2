"""One request over a connection of our own: to a checked address, under one deadline and one budget of bytes.

requests and urllib3 speak HTTP and TLS; the sockets beneath them are ours. Every byte that they read passes
``recv_into`` here, so a server that drips (status line, headers, chunks, body) ends at the deadline, and one
that never ends its head (``100 Continue`` for ever, a million headers) ends by bytes. No timer, no further
thread. What goes wrong on the way is raised as :class:`workers.stopped.Stopped`, which no library catches.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from service.values.address import Address
from workers.lookup import Lookup
from workers.network import Guard, IPAddress
from workers.stopped import Stopped, Unconnected

MOST_ATTEMPTS = 4
"""Connections tried for one name: one with a hundred addresses may not make us knock at a hundred doors."""


class Budget:
    """What a fetch may still spend: seconds until its deadline, bytes until the phase's end."""

    def __init__(self, seconds: float):
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self._bytes = 0

    @property
    def spent(self) -> float:
        """Seconds since the start, without the pauses."""
        return time.monotonic() - self._started

    def seconds(self) -> float:
        """Seconds left; raises ``Stopped("timeout")`` where there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Stopped("timeout")
        return left

    def pause(self, seconds: float) -> None:
        """Time that the fetch waited for its turn does not count."""
        self._started += seconds
        self._deadline += seconds

    def allow(self, count: int) -> None:
        """So many bytes may be read from now on."""
        self._bytes = count

    def spend(self, count: int) -> None:
        self._bytes -= count
        if self._bytes < 0:
            raise Overdrawn


class Overdrawn(Exception):
    """More bytes came than this phase of the answer may have."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a connection of one fetch comes about."""

    guard: Guard
    lookup: Lookup
    budget: Budget

    def connect(self, host: str, port: int) -> CountedSocket:
        """A connection to one of the host's addresses, after every one of them was checked.

        A name that mixes public and other addresses is refused whole: no honest one does. Raises
        :class:`Unconnected`.
        """
        try:
            return self._connect(host, port)
        except Stopped as stopped:
            raise Unconnected(stopped.reason.code, **stopped.reason.details) from None

    def _connect(self, host: str, port: int) -> CountedSocket:
        addresses = self.lookup.addresses(host, self.budget.seconds())
        for address in addresses:
            if refusal := self.guard.refusal(address, port):
                raise Stopped(refusal.code, **refusal.details)
        chosen = addresses[:MOST_ATTEMPTS]
        slow = False
        for tried, address in enumerate(chosen):
            share = self.budget.seconds() / (len(chosen) - tried)
            try:
                return self._connected(address, port, share)
            except TimeoutError:
                slow = True
            except OSError:
                continue
        self.budget.seconds()
        raise Stopped("timeout" if slow else "unreachable")

    def _connected(self, address: IPAddress, port: int, seconds: float) -> CountedSocket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = CountedSocket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(self.budget.seconds())
        except BaseException:
            connection.close()
            raise
        connection.budget = self.budget
        return connection


class Counted:
    """What both kinds of socket have: they read within their fetch's budget."""

    budget: Budget

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(self.budget.seconds())  # type: ignore[attr-defined]
        try:
            count: int = super().recv_into(*arguments, **named)  # type: ignore[misc]
        except TimeoutError:
            raise Stopped("timeout") from None
        self.budget.spend(count)
        return count


class CountedSocket(Counted, socket.socket):
    """A plain connection."""


class CountedTLSSocket(Counted, ssl.SSLSocket):
    """A connection within TLS. Its handshake runs under the timeout that the plain one had: what was left."""


class GuardedConnection(HTTPConnection):
    """urllib3's connection, over a socket of ours."""

    def __init__(self, host: str, port: int | None = None, *, route: Route, **named: Any):
        super().__init__(host, port, **named)
        self._route = route

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self.host, self.port)


class GuardedTLSConnection(HTTPSConnection):
    """urllib3's TLS connection, over a socket of ours. The certificate must name the host asked for."""

    def __init__(self, host: str, port: int | None = None, *, route: Route, **named: Any):
        super().__init__(host, port, **named)
        self._route = route

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self.host, self.port)

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError:
            raise Unconnected("certificate") from None
        except TimeoutError:
            raise Unconnected("timeout") from None
        except OSError:
            raise Unconnected("tls") from None
        assert isinstance(self.sock, CountedTLSSocket)
        self.sock.budget = self._route.budget


class GuardedPool(HTTPConnectionPool):
    ConnectionCls = GuardedConnection


class GuardedTLSPool(HTTPSConnectionPool):
    ConnectionCls = GuardedTLSConnection


class GuardedAdapter(HTTPAdapter):
    """requests' transport for a single request. Without a session there are no cookies, credentials, proxies,
    redirects and environment variables that could come along."""

    def __init__(self, address: Address, route: Route, trusted: ssl.SSLContext):
        super().__init__(max_retries=0)
        self._address = address
        host = address.host.removeprefix("[").removesuffix("]")
        if address.scheme == "https":
            self._pool: HTTPConnectionPool = GuardedTLSPool(host, address.port, ssl_context=trusted, route=route)
        else:
            self._pool = GuardedPool(host, address.port, route=route)

    def get_connection_with_tls_context(self, *_arguments: Any, **_named: Any) -> HTTPConnectionPool:
        return self._pool

    def cert_verify(self, *_arguments: Any, **_named: Any) -> None:
        """Nothing: the context that the pool has verifies, always."""

    def request_url(self, *_arguments: Any, **_named: Any) -> str:
        """The request's target by our parser, not by another one."""
        return self._address.request_target

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """The answer without a look at its cookies, which nobody may send back."""
        response = requests.Response()
        response.status_code, response.raw, response.request = resp.status, resp, req
        return response


def get(address: Address, headers: Mapping[str, str], route: Route, trusted: ssl.SSLContext) -> requests.Response:
    """The head of the answer to one GET; ``raw`` has the body still to be read. Close it, whatever happens.

    Raises :class:`Stopped`, :class:`Overdrawn`, and what requests, urllib3 and ``http.client`` make of
    an answer that is none.
    """
    request = requests.Request("GET", address.page, {"Host": address.netloc, **headers}).prepare()
    return GuardedAdapter(address, route, trusted).send(request, stream=True)


def authorities(file: str | None = None) -> ssl.SSLContext:
    """Who may vouch for a host: the authorities of a PEM file, else Mozilla's. TLS 1.2 and upwards."""
    context = ssl.create_default_context(cafile=file or DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = CountedTLSSocket
    return context
