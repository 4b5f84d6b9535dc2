"""The demo blog over real HTTP, before a service of the test's own."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from service.demo.blog.content import OPEN
from service.demo.blog.introduce import Introduction
from service.demo.blog.pages import Blogs
from service.demo.blog.server import Server
from service.demo.blog.written import Desk
from service.front.listen import listen
from tests.support.service import Answer
from tests.support.web import Web


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        return None


def ask_there(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request; what it leads to is not followed."""
    try:
        with urllib.request.build_opener(_Stay).open(
            urllib.request.Request(url, body, dict(headers or {})), timeout=30
        ) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


@dataclass(frozen=True)
class Blog:
    """The running blog, and the service that it was told of."""

    url: str
    service: str
    folder: Path

    def ask(self, path: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request, not followed."""
        return ask_there(self.url + path, None if form is None else urlencode(form).encode(), headers)

    def write(self, **changed: str) -> Answer:
        """A newcomer's post, sent by webmention unless told otherwise."""
        return self.ask("/ecrire/", {"title": "A title", "author": "Zoe", "text": "Some words.", **changed})

    @property
    def open(self) -> str:
        return self.url + OPEN.path


@contextmanager
def served(folder: Path, service: str) -> Iterator[Blog]:
    """The blog over HTTP on a port of its own."""
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with Server(listening, Blogs(url, service, Desk(folder), Introduction()), folder) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Blog(url, service, folder)
        server.shutdown()
        thread.join()


@pytest.fixture
def blog(web: Web, tmp_path: Path) -> Iterator[Blog]:
    """The blog; its service is a host of the test's web."""
    folder = tmp_path / "demo"
    folder.mkdir()
    with served(folder, web.url("").rstrip("/")) as blog:
        yield blog
