"""nginx (Debian): a static file as fast as it can, and in front of us with the configuration that we ship."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.machine import program
from bench.server import server
from tests.support.waiting import free_port

SHIPPED = Path(__file__).parents[1] / "config" / "nginx"

# One worker, because it has one core; no log, and connections for as long as somebody asks.
MAIN = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""

STATIC = """\
    open_file_cache max=100 inactive=60s;
    open_file_cache_valid 60s;
    default_type application/json;
    server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/files; }}
"""


@contextmanager
def static(folder: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    """An nginx that gives these files; its address."""
    (folder / "files").mkdir(parents=True)
    for name, body in files.items():
        (folder / "files" / name).write_bytes(body)
    port = free_port()
    with _nginx(folder, STATIC.format(port=port, folder=folder), port) as url:
        yield url


@contextmanager
def front(folder: Path, behind: str) -> Iterator[str]:
    """An nginx before the service at ``behind``, as our compose set-up has it; its address."""
    folder.mkdir()
    port = free_port()
    upstream = (SHIPPED / "reflections-upstream.conf").read_text()
    shipped = (SHIPPED / "reflections.conf").read_text()
    inside = upstream.replace("127.0.0.1:8000", behind.removeprefix("http://")) + shipped.replace(
        "listen 80;", f"listen 127.0.0.1:{port};"
    ).replace("/var/cache/nginx/", f"{folder}/cache/")
    (folder / "cache").mkdir()
    with _nginx(folder, inside, port) as url:
        yield url


@contextmanager
def _nginx(folder: Path, inside: str, port: int) -> Iterator[str]:
    written = folder / "nginx.conf"
    # Root's would else give up the right to read the bench's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    written.write_text(MAIN.format(user=user, folder=folder, inside=inside))
    command = [program("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(written)]
    with server(command, port, folder / "nginx.log") as url:
        yield url
