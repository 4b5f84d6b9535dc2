"""A whole request as Flask reads it: the WSGI environ (PEP 3333), with nothing in it that a client may not say."""

from __future__ import annotations

import io
import sys
from typing import Any

from service.front.head import client
from service.front.rsgi import Scope
from service.values.address import Address

_OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "proxy"})
"""Not passed on: what the door has settled itself, and ``Proxy``, which CGI takes for a setting (CVE-2016-5385)."""


def environ(scope: Scope, body: bytes, ours: Address, trusted_proxies: int) -> dict[str, Any]:
    """The environ of one whole request to the service at ``ours``.

    ``HTTP_HOST``, the scheme and ``SCRIPT_NAME`` are our own, so that no link is built from what a client calls us;
    ``REMOTE_ADDR`` is the client's address as far as it can be believed. A header with ``_`` in its name is left out:
    CGI could not tell it from the one with ``-``.
    """
    path, prefix = scope.path, ours.path.rstrip("/")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        path = path[len(prefix) :]
    made: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": ours.host,
        "SERVER_PORT": str(ours.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": ours.netloc,
        "REMOTE_ADDR": client(scope, trusted_proxies),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": ours.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header, value in scope.headers.items():
        if header in _OWN or "_" in header:
            continue
        key = "CONTENT_TYPE" if header == "content-type" else "HTTP_" + header.replace("-", "_").upper()
        before = made.get(key)
        made[key] = value if before is None else before + ("; " if header == "cookie" else ",") + value
    return made
