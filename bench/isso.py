"""Isso (PyPI): the comment server that people would take otherwise, as its documentation says to run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Burst, burst
from bench.server import server
from tests.support.service import ask
from tests.support.waiting import free_port

PROGRAM = Path(sys.prefix) / "bench" / "bin" / "isso"

# Nothing waits for a moderator and nobody is counted; all else is its default.
CONFIGURATION = """\
[general]
dbpath = {folder}/comments.db
host = http://127.0.0.1:{port}/
notify =
[moderation]
enabled = false
[guard]
enabled = false
[server]
listen = http://127.0.0.1:{port}
"""


@dataclass(frozen=True, slots=True)
class Isso:
    """A running Isso."""

    url: str

    def page(self, name: str) -> str:
        """Where a page's thread is read."""
        return f"{self.url}/?uri=/{name}/"

    def fill(self, name: str, words: Sequence[str]) -> None:
        """These comments on a page."""
        for n, said in enumerate(words):
            comment = json.dumps({"author": f"Reader {n}", "title": name, "text": said}).encode()
            answer = ask(f"{self.url}/new?uri=/{name}/", comment, headers={"Content-Type": "application/json"})
            assert answer.status in (201, 202), answer.text

    def comment(self, name: str, seconds: float, first: int) -> Burst:
        """Comments on a page, one upon the other, for so long."""
        return burst(f"{self.url}/new?uri=/{name}/", seconds, "isso_comment", FIRST=first)


@contextmanager
def isso(folder: Path) -> Iterator[Isso]:
    """An Isso without a comment."""
    folder.mkdir()
    port = free_port()
    configuration, log = folder / "isso.cfg", folder / "log"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    with server([program(), "-c", configuration, "run"], port, log) as url:
        yield Isso(url)


def version() -> str:
    """Which Isso it is."""
    return subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def program() -> Path:
    """Isso's command; one line and the end where it was not installed."""
    return PROGRAM if PROGRAM.exists() else sys.exit(f"{PROGRAM} is not there: `make bench` installs it")
