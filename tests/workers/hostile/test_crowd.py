"""The whole crowd at once against a real worker: each gets its answer, nobody else notices."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest
from bs4 import BeautifulSoup

from service.bell import Bell
from service.model import Reflection
from service.values.reason import REASONS
from service.values.state import State
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from tests.support.worker import Start
from tests.workers.hostile.pages import CANARIES, PENDING, Hostile, crowd

OPEN = "127.0.9.0/24,127.0.4.0/22,127.0.0.9/32"
FETCH_SECONDS = 3
LONGEST = 15.0
"""Seconds that a page may take a worker."""
GROWTH = 64 * 1024 * 1024
CHILD = 400 * 1024 * 1024
"""Bytes that the reading child may hold: what it has when warm, and 256 MiB."""

TAGS = set("a abbr b blockquote br cite code del em i ins kbd li ol p pre q s samp strong sub sup ul var".split())


def host(number: int) -> str:
    return f"127.0.{4 + number // 250}.{1 + number % 250}"


def peak(process: psutil.Process) -> int:
    """Bytes of memory that a process ever held (Linux)."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


# PostgreSQL alone: it is the one that refuses words which SQLite takes.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_crowd_of_hostile_pages_costs_nobody_else_anything(
    pipeline: Pipeline, start_worker: Start, redis_url: str
) -> None:
    web, target = pipeline.web, pipeline.post()
    pages = crowd()
    assert len(pages) >= 150
    honest = [
        web.page("/", f"<title>Honest {number}</title><a href='{target}'>x</a>", host=f"127.0.9.{number + 1}")
        for number in range(20)
    ]
    start = start_worker(FETCH_ALLOW=OPEN, FETCH_TIMEOUT=str(FETCH_SECONDS))
    first = pipeline.claim(honest[0], target)
    Bell(redis_url).ring("verify")
    until(lambda: pipeline.item(first).state is State.PENDING, 30, "the worker does not start")
    worker = psutil.Process(start.pid)
    warm, children = peak(worker), {}

    asked = {pipeline.claim(page.serve(web, host(number), target), target): page for number, page in enumerate(pages)}
    honest_items = [pipeline.claim(source, target) for source in honest]
    began = time.monotonic()
    Bell(redis_url).ring("verify")

    def done() -> bool:
        for child in worker.children():
            children[child.pid] = max(children.get(child.pid, 0), child.memory_info().rss)
        return all(item.state is not State.RECEIVED or item.attempts for item in pipeline.items())

    until(done, 240, "somebody is still waited for", pause=0.2)
    took = time.monotonic() - began

    verdicts = {page.name: fault(pipeline.item(item), page) for item, page in asked.items()}
    assert {name: wrong for name, wrong in verdicts.items() if wrong} == {}
    stayed = {page.name: web.longest(host(number)) for number, page in enumerate(pages)}
    slowest = max(stayed, key=lambda name: stayed[name])
    print(
        f"{len(pages)} pages in {took:.1f} s; {slowest!r} stayed {stayed[slowest]:.1f} s; the worker grew by"
        f" {(peak(worker) - warm) >> 20} MiB, {len(children)} children held {max(children.values()) >> 20} MiB at most",
        file=sys.stderr,
    )
    assert stayed[slowest] < LONGEST
    assert start.poll() is None and peak(worker) - warm < GROWTH and max(children.values()) < CHILD
    assert [web.connections(canary) for canary in CANARIES] == [0] * len(CANARIES)
    for number, item in enumerate(map(pipeline.item, honest_items)):
        assert (item.state, item.revisions[0].title, item.deaths) == (State.PENDING, f"Honest {number}", 0)


def fault(item: Reflection, page: Hostile) -> str:
    """What is wrong with what became of a page."""
    reason = item.reason or PENDING
    state = State.PENDING if not reason else State.RECEIVED if REASONS[reason].passes else State.FAILED
    if reason not in page.becomes or item.state is not state:
        return f"{item.state} {reason!r}"
    if item.deaths:
        return f"{item.deaths} deaths"
    if not item.revisions:
        return ""
    revision = item.revisions[0]
    for column, words in page.says.items():
        if getattr(revision, column) != words:
            return f"{column} is {getattr(revision, column)!r}"
    for tag in BeautifulSoup(revision.html or "", "lxml").find_all(True):
        if tag.name not in TAGS | {"html", "body"} or set(tag.attrs) - {"href", "rel"}:
            return f"stored {tag}"
        if not str(tag.get("href", "http:")).startswith(("http:", "https:")):
            return f"stored {tag}"
    for url in (revision.url, revision.author_url, revision.author_photo):
        if url is not None and not url.startswith(("http://", "https://")):
            return f"stored {url}"
    return ""
