"""Whatever is killed, whenever: what was accepted reaches its final state, once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.support import parts
from tests.support.parts import PARTS
from tests.support.service import KnownSite, WholeRun, whole
from tests.support.waiting import until
from tests.support.web import Web

FINAL = {"pending", "failed"}
PATIENCE = 90
"""Seconds after which nothing that was due, or whose holder died, may be left untouched."""

SEED = 20111014


@pytest.fixture
def run(tmp_path: Path) -> Iterator[WholeRun]:
    with whole(tmp_path) as run:
        yield run


class Blog:
    """Many blogs on many hosts, each page takes its time; every second one links to the post, the others are not there.

    A page without the link is no use here: it is looked at again a minute later, in case a cache was slow.
    """

    def __init__(self, web: Web, count: int, delay: float) -> None:
        self.target = web.page("/post", "<title>A post</title>", host="127.0.0.2")
        self.base = web.url("/", "127.0.0.2")
        link = f'<title>A source</title><p>As <a href="{self.target}">they</a> say.</p>'
        self.sources = {
            web.page(
                f"/{number}",
                link,
                status=200 if number % 2 else 404,
                host=f"127.1.{number // 100}.{number % 100 + 1}",
                delay=delay,
            ): "pending" if number % 2 else "failed"
            for number in range(count)
        }


def send(run: WholeRun, source: str, target: str) -> str:
    """Sends as a patient sender does: again, until somebody answers. Where its status is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = run.webmention(source, target)
            if answer.status == 201:
                return str(answer.headers["Location"])
            assert answer.status in (500, 503), f"{answer.status} {answer.text}"
        except (OSError, HTTPException):
            pass
        assert time.monotonic() < deadline, f"{source} was never accepted"
        threading.Event().wait(0.1)


def kill_parts(run: WholeRun, times: int, stop: threading.Event, pause: float) -> Counter[str]:
    """Kills so many parts with -9, one after another, which one being left to chance."""
    chance = random.Random(SEED)
    killed: Counter[str] = Counter()
    names = sorted(PARTS)
    while killed.total() < times and not stop.wait(chance.uniform(0.2, 1.8) * pause):
        part = names[killed.total() % len(names)] if killed.total() < len(names) else chance.choice(names)
        if parts.kill(run.process.pid, part):
            killed[part] += 1
    return killed


class Ending:
    """Waits for the end of all items."""

    def __init__(self, run: WholeRun, site: KnownSite, sources: dict[str, str]) -> None:
        self._run, self._site, self._sources = run, site, sources
        self.left: list[str] = []

    def all(self) -> list[dict[str, Any]] | None:
        """All items, once each is in a final state."""
        try:
            items = self._run.items(self._site)
        except (OSError, HTTPException, AssertionError) as away:
            self.left = [repr(away)]
            return None
        self.left = [f"{item['source']} is {item['state']}" for item in items if item["state"] not in FINAL]
        return items if len(items) >= len(self._sources) and not self.left else None

    def __str__(self) -> str:
        return f"not everything came to its end: {self.left[:9]}; the run said:\n{self._run.printed[-6000:]}"


def nothing_is_lost(run: WholeRun, web: Web, count: int, kills: int, pause: float) -> None:
    blog = Blog(web, count, delay=0.3)
    site = run.add_site(blog.base)
    stop = threading.Event()
    with ThreadPoolExecutor(17) as hands:
        killing = hands.submit(kill_parts, run, kills, stop, pause)
        try:
            statuses = list(hands.map(lambda source: send(run, source, blog.target), blog.sources))
            killed = killing.result(kills * 2 * pause + PATIENCE)
        finally:
            stop.set()
    ending = Ending(run, site, blog.sources)
    items = until(ending.all, PATIENCE, ending, pause=0.5)
    assert killed.total() == kills
    assert len(set(statuses)) == count
    assert Counter(item["source"] for item in items) == Counter(blog.sources.keys())
    assert {item["source"]: item["state"] for item in items} == blog.sources
    for item in items:
        steps = [(event["from"], event["to"]) for event in item["history"] if event["from"] != event["to"]]
        assert steps == [("received", item["state"])]
        assert len(item["revisions"]) == (1 if item["state"] == "pending" else 0)


def test_two_hundred_webmentions_survive_twenty_kills(run: WholeRun, web: Web) -> None:
    nothing_is_lost(run, web, count=200, kills=20, pause=0.7)
    assert run.process.poll() is None


@pytest.mark.drill
def test_two_thousand_webmentions_survive_two_hundred_kills(run: WholeRun, web: Web) -> None:
    nothing_is_lost(run, web, count=2000, kills=200, pause=0.7)
