"""``python -m service.demo.blog``: the demo blog's process, started by ``reflections run``."""

from __future__ import annotations

import argparse
import os
import socket
from pathlib import Path
from threading import Thread

from service.demo.blog import TOKEN
from service.demo.blog.introduce import Introduction, introduce
from service.demo.blog.pages import Blogs
from service.demo.blog.server import Server
from service.demo.blog.written import Desk


def main() -> None:
    """Serve until we are ended."""
    parser = argparse.ArgumentParser(prog="service.demo.blog", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="number of an inherited socket that listens already")
    parser.add_argument("--service", required=True, help="the service's address")
    parser.add_argument("--folder", type=Path, required=True, help="where newcomers' posts are kept")
    given = parser.parse_args()
    listening = socket.socket(fileno=given.fd)
    host, port = listening.getsockname()
    blogs = Blogs(f"http://{host}:{port}", given.service, Desk(given.folder), Introduction())
    if token := os.environ.pop(TOKEN, ""):
        Thread(target=introduce, args=(blogs.introduction, given.service, token, blogs.own), daemon=True).start()
    Server(listening, blogs, given.folder).serve_forever()


main()
