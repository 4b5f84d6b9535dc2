"""HTTP for the demo blog: this machine alone, under its own name alone."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

from service.demo.blog import answers
from service.demo.blog.answers import Answer, refusal
from service.demo.blog.pages import HERE, Blogs, language
from service.languages import gettext, speaking
from service.values.address import parse

LONGEST_FORM = 65536
"""Bytes."""

FILES: Mapping[str, tuple[str, bytes]] = {
    "/style.css": ("text/css; charset=utf-8", (HERE / "style.css").read_bytes()),
    "/square.svg": ("image/svg+xml", (HERE / "square.svg").read_bytes()),
}
HTML = "text/html; charset=utf-8"


class Server(ThreadingHTTPServer):
    """The blogs on a socket that listens already. Once their folder is gone, so are they: every page answers 410."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, blogs: Blogs, folder: Path) -> None:
        super().__init__(listening.getsockname()[:2], Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.blogs, self.folder = blogs, folder
        own, service = blogs.own, blogs.service
        widget = parse(service).origin
        policy = f"default-src 'none'; script-src {widget}; connect-src {widget}; img-src 'self' {widget}; "
        self.host = own.removeprefix("http://")
        self.headers = {
            "Link": f'<{service}/webmention>; rel="webmention"',
            "X-Pingback": f"{service}/pingback",
            "Content-Security-Policy": policy
            + "style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = 10
    """Seconds that a client may keep us waiting for its next bytes."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path in FILES:
            self._give(HTTPStatus.OK, *FILES[path])
        else:
            with self._spoken():
                self._answer(self._refused() or answers.read(self.server.blogs, path, query))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        with self._spoken():
            self._answer(self._refused() or self._written())

    def version_string(self) -> str:
        """No version, nobody's business."""
        return "demo"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Visits leave no line."""

    def _spoken(self) -> AbstractContextManager[str]:
        return speaking(language(self.headers.get("Accept-Language", "")))

    def _refused(self) -> Answer | None:
        """Who comes by another name is a page elsewhere that borrowed our address (DNS rebinding); a form from another
        origin is somebody else's (CSRF)."""
        blogs, own = self.server.blogs, self.server.blogs.own
        if self.headers.get("Host") != self.server.host:
            sentence = gettext("The demo blog answers at its own address only.")
            return refusal(blogs, HTTPStatus.MISDIRECTED_REQUEST, sentence)
        if not self.server.folder.is_dir():
            return refusal(blogs, HTTPStatus.GONE, gettext("The demo was removed."))
        if self.command == "POST" and self.headers.get("Origin", own) != own:
            return refusal(blogs, HTTPStatus.FORBIDDEN, gettext("Forms are taken from the demo’s own pages only."))
        return None

    def _written(self) -> Answer:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,6}", length) or int(length) > LONGEST_FORM:
            sentence = gettext("That is more than a form of the demo’s own holds.")
            return refusal(self.server.blogs, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True))
        return answers.write(self.server.blogs, self.path.partition("?")[0], form)

    def _answer(self, answer: Answer) -> None:
        headers = {"Location": answer.location} if answer.location else {}
        self._give(answer.status, HTML, answer.page.encode("utf-8", "xmlcharrefreplace"), headers)

    def _give(self, status: HTTPStatus, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (self.server.headers | dict(headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
