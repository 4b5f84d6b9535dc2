"""The demo blog in the embedded run: put in at a first start, served as long as it is there, on loopback alone.

It is an outsider: its process is given the service's address, a socket, a folder, and none of the service's secrets.
It stays on the port that it was put in with, whatever the service's own is: that is in the address of its posts.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config.settings import PREFIX, Settings
from service.cli import children
from service.cli.supervisor import Child
from service.demo import installed
from service.demo.blog import TOKEN
from service.front.listen import listen
from service.model import site as sites
from service.model.engine import create, written
from service.values.address import parse

logger = structlog.get_logger()

HOST = "127.0.0.1"

TRIED = 10
"""Ports after the service's own, of which the demo blog takes the first that is free."""


@dataclass(frozen=True, slots=True)
class DemoBlog:
    """The demo blog of one run."""

    listening: socket.socket
    folder: Path
    token: str
    """The site's, while its pingbacks are not decided; else empty."""

    def child(self, service: str) -> Child:
        """Its process. Of our environment it has what is not a setting."""
        words = ["--fd", str(self.listening.fileno()), "--service", service, "--folder", str(self.folder)]
        argv = [sys.executable, "-P", "-m", "service.demo.blog", *words]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environ |= {TOKEN: self.token} if self.token else {}
        grace = children.GRACE[children.WEB]
        return Child("demo", argv, environ, children.WEB, grace, files=(self.listening.fileno(),))

    def allowed(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The environment of those who fetch, with the demo blog's one address on top of what they may reach."""
        name = PREFIX + "FETCH_ALLOW"
        ours = f"{HOST}/32:{self.listening.getsockname()[1]}"
        return {**environ, name: ",".join(filter(None, (environ.get(name), ours)))}


def folder_of_demo(settings: Settings) -> Path:
    """Where its files are; without this folder it is gone."""
    return settings.data_dir / "demo"


def begin(settings: Settings, port: int) -> DemoBlog | None:
    """The demo blog, if there is one; put in where this is the first start of all, beside the service's ``port``.

    Never for a service with a public address: for the demo's sake its workers would fetch from this machine.
    """
    engine = create(settings.database)
    try:
        with Session(engine) as session:
            site, first = installed.find(session), installed.untouched(session)
        if not _suits(settings):
            return None
        if site is not None:
            listening = _listening(parse(site.base_url).port)
        else:
            listening = _put_in(engine, port) if first else None
        if listening is None:
            return None
        folder = folder_of_demo(settings)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return DemoBlog(listening, folder, written(engine, _token))
    finally:
        engine.dispose()


def _suits(settings: Settings) -> bool:
    """Whether this is somebody who tries it on his own machine."""
    base = parse(settings.base_url)
    at_home = base.host == "localhost" or (base.literal is not None and base.literal.is_loopback)
    return settings.embedded_database and at_home


def _put_in(engine: Engine, port: int) -> socket.socket | None:
    ports = range(port + 1, min(port + 1 + TRIED, 65536))
    listening = next(filter(None, map(_quietly, ports)), None)
    if listening is None:
        logger.warning("no demo: none of its ports is free", first=port + 1, tried=TRIED)
        return None
    base = parse(f"http://{HOST}:{listening.getsockname()[1]}/")
    written(engine, lambda session: installed.install(session, base, datetime.now(UTC)))
    return listening


def _listening(port: int) -> socket.socket | None:
    listening = _quietly(port)
    if listening is None:
        logger.warning("the demo blog is not served this time: its port is taken", port=port)
    return listening


def _quietly(port: int) -> socket.socket | None:
    try:
        return listen(HOST, port)
    except OSError:
        return None


def _token(session: Session) -> str:
    """A new token where the demo's pingbacks have yet to be approved; the old one is known to nobody."""
    site = installed.find(session)
    return "" if site is None or installed.introduced(session, site) else sites.renew_token(session, site)
