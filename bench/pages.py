"""Source pages of 60 KB on every address of 127.0.0.0/8: ``python -m bench.pages PORT``.

``/none/…`` has no link to the blog's post, ``/link/…`` has one, in an h-entry; both answer after 50 ms.
``/slow/…`` has none either and answers after 10 s.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

from bench.filled import BLOG
from bench.server import server
from tests.support.waiting import free_port

SIZE = 60_000
TARGET = BLOG + "post"

_PARAGRAPH = """<p>A walk through the old town on a wet morning, <em>once more</em>, and a note of what has changed
since <a href="/archive/{n}" title="Note {n}">last year</a>: the baker has moved, the <b>bridge</b> closed.</p>
"""
_COMMENT = """<li id="c{n}" class="comment depth-1"><div class="who"><img src="/faces/{n}.png" alt="" width="40">
<a href="https://reader-{n}.invalid/" rel="nofollow">Reader {n}</a>
<time datetime="2026-03-01T09:30:00Z">March 1</time></div>
<div class="comment-body"><p>Thanks for this, I go there every spring. Is the café still open?</p></div></li>
"""
_LINKS = "".join(f'<li><a href="/tag/{n}">Tag {n}</a></li>\n' for n in range(60))


def page(link: str) -> bytes:
    """A blog's page of 60 KB: an h-entry with ``link`` in its words, lists of links, and comments up to the size."""
    paragraphs = "".join(_PARAGRAPH.format(n=n) for n in range(40))
    head = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A walk</title>
<link rel="stylesheet" href="/style.css"></head><body><nav><ul>{_LINKS}</ul></nav>
<article class="h-entry"><h1 class="p-name">A walk</h1><a class="p-author h-card" href="/">Ann</a>
<time class="dt-published" datetime="2026-03-01T09:30:00Z">March 1</time><div class="e-content">{link}{paragraphs}</div>
</article><ol class="comments">
"""
    foot = f"</ol><aside><ul>{_LINKS}</ul></aside></body></html>"
    comments, n = "", 0
    while len(head) + len(comments) + len(foot) < SIZE:
        comments += _COMMENT.format(n=n)
        n += 1
    return (head + comments + foot).encode()


WITHOUT = page("")
WITH = page(f'<p>In reply to <a class="u-in-reply-to" href="{TARGET}">a post</a>.</p>')

KINDS = {"none": (WITHOUT, 0.05), "link": (WITH, 0.05), "slow": (WITHOUT, 10.0)}
"""A path's first segment → the page, and seconds before it is answered."""


def address(port: int, kind: str, n: int) -> str:
    """The ``n``-th page, on a host of its own."""
    return f"http://127.{10 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}/{kind}/{n}"


@contextmanager
def pages(folder: Path) -> Iterator[int]:
    """The pages, on the second core; the port at which every host answers."""
    port = free_port()
    with server([sys.executable, "-m", "bench.pages", str(port)], port, folder / "pages.log", core=1):
        yield port


class Visit(asyncio.Protocol):
    """One connection: one request, one answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        body, delay = KINDS[data.split(b"/", 2)[1].decode()]
        asyncio.get_running_loop().call_later(delay, partial(self._answer, body))

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self._line.write(head.encode() + body)
        self._line.close()


async def answer(port: int) -> None:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Only from this machine, although it listens on every address.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listening.bind(("0.0.0.0", port))
    listening.listen(4096)
    served = await asyncio.get_running_loop().create_server(Visit, sock=listening)
    await served.serve_forever()


if __name__ == "__main__":
    uvloop.run(answer(int(sys.argv[1])))
