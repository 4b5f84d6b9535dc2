"""Between a browser and the service: a proxy that hands everything on, and fails where a test wants it to."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "origin"}


class Between:
    """Hands requests on to ``behind``; while ``fails`` is set, what is posted gets that status, or no answer (0)."""

    def __init__(self, behind: str) -> None:
        self.behind = urlsplit(behind)
        self.fails: int | None = None
        self.posted: list[str] = []
        """The paths that were posted to, in the order in which they came."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[Between]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _handler(between: Between) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "POST":
                between.posted.append(self.path)
                if between.fails is not None:
                    return self._fail(between.fails)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            if "Origin" in self.headers:
                headers["Origin"] = between.behind.geturl().rstrip("/")
            behind = http.client.HTTPConnection(between.behind.netloc, timeout=30)
            behind.request(self.command, self.path, body or None, headers)
            answer = behind.getresponse()
            said = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self._end(said)
            behind.close()
            return None

        def _fail(self, status: int) -> None:
            self.close_connection = True
            if status:
                self.send_response(status)
                self._end(b"<!doctype html><title>Bad Gateway</title>")

        def _end(self, body: bytes) -> None:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _pass_on

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

    return Handler
