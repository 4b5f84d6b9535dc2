"""Webmentions in flight while things fail: many senders, many blogs, a moderator, and a count from outside at the end.

Something fails, the next lot is sent, something fails again: so there is always something on its way. What is counted
when all have landed is what sender, moderator, blogs and database can tell, never what the service says of itself.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException
from typing import Any

from sqlalchemy import text

from service.model.engine import create, writing
from tests.support.service import KnownSite, WholeRun
from tests.support.untouched import PATIENCE, Watch
from tests.support.waiting import until
from tests.support.web import Web

SENDERS = 16
WORDS = {"pending": "accepted", "approved": "published", "failed": "unfetchable"}
"""A state, and the word that a sender reads of it."""


class Blogs:
    """Many blogs on many hosts, each page takes its time; every second one links to the post, the others are not there.

    A page without the link is no use here: it is looked at again a minute later, in case a cache was slow.
    """

    def __init__(self, web: Web, count: int, delay: float) -> None:
        self.web = web
        self.target = web.page("/post", "<title>A post</title>", host="127.0.0.2")
        self.base = web.url("/", "127.0.0.2")
        link = f'<title>A source</title><p>As <a href="{self.target}">they</a> say.</p>'
        self.states = {
            web.page(
                f"/{number}",
                link,
                status=200 if number % 2 else 404,
                host=f"127.1.{number // 100}.{number % 100 + 1}",
                delay=delay,
            ): "pending" if number % 2 else "failed"
            for number in range(count)
        }
        """Source → what a worker makes of it."""

    def last_fetches(self) -> dict[str, float]:
        """Source → when it was last asked for, by the wall clock."""
        offset = time.time() - time.monotonic()
        return {self.web.url(one.path, one.host): one.time + offset for one in self.web.requests()}


class Flight:
    """So many webmentions, sent lot by lot to a run that is made to suffer meanwhile."""

    def __init__(self, run: WholeRun, web: Web, count: int, delay: float = 0.3, site: KnownSite | None = None) -> None:
        self.run, self.blogs = run, Blogs(web, count, delay)
        self.site = site or run.add_site(self.blogs.base)
        self.waited: Counter[int] = Counter()
        """Answers that said "later", by their status."""
        self._left = iter(self.blogs.states)
        self._hands = ThreadPoolExecutor(SENDERS + 1)
        self._sent: dict[str, Future[str]] = {}
        self._deciding: Future[None] | None = None
        self._approved = set[str]()
        self._unanswered = set[str]()
        """Sources that may have been taken without their sender's knowing, so that he sent them again."""
        self._over = threading.Event()
        self._because = ""

    def send(self, count: int) -> None:
        """Sends the next of them, and lets the moderator look in; does not wait."""
        for _, source in zip(range(count), self._left, strict=False):
            self._sent[source] = self._hands.submit(self._send, source)
        if self._deciding is None or self._deciding.done():
            self._deciding = self._hands.submit(self._moderate)

    @property
    def under_way(self) -> int:
        """Sent, and not yet answered."""
        return sum(not one.done() for one in self._sent.values())

    def leases_end(self) -> None:
        """As if three quarters of a minute had passed since whoever held something was killed."""
        engine = create(database_of(self.run))
        with writing(engine) as session:
            for table in ("reflection", "post"):
                session.execute(text(f"UPDATE {table} SET leased_until = NULL WHERE lease IS NOT NULL"))
        engine.dispose()

    def lands(self, within: float = PATIENCE) -> None:
        """Waits until all is sent and settled, and counts."""
        self.send(len(self.blogs.states))
        locations = {source: one.result(PATIENCE) for source, one in self._sent.items()}
        if self._deciding is not None:
            self._deciding.result(PATIENCE)
        items = until(self._landed, within, self, pause=0.5)
        assert len(set(locations.values())) == len(locations) == len(self.blogs.states)
        self._one_for_each(items)
        self._each_status_is_a_last_word(locations)
        self._nothing_is_half()

    def close(self) -> None:
        self._over.set()
        self._hands.shutdown(cancel_futures=True)

    def __str__(self) -> str:
        return f"not everything came to its end: {self._because}; the run said:\n{self.run.printed[-6000:]}"

    # who takes part

    def _send(self, source: str) -> str:
        """Sends as a patient sender does: again, until somebody answers. Where its status is."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.run.webmention(source, self.blogs.target)
                if answer.status == 201:
                    return str(answer.headers["Location"]).removeprefix(self.run.url)
                assert answer.status == 503 and answer.headers["Retry-After"], f"{answer.status} {answer.text}"
                self.waited[answer.status] += 1
            except (OSError, HTTPException):
                self._unanswered.add(source)
            assert time.monotonic() < deadline and not self._over.is_set(), f"{source} was never accepted"
            self._over.wait(0.1)

    def _moderate(self) -> None:
        """Approves some of what waits, and remembers what was confirmed."""
        try:
            listed = self.run.ask("/api/v1/reflections?state=pending", headers=self.site.bearer)
            if listed.status != 200:
                return
            wanted = [
                {"id": item["id"], "from": "pending", "seen": item["latest"]}
                for item in listed.json["reflections"][::2]
            ]
            body = json.dumps({"decisions": wanted, "state": "approved"}).encode()
            headers = {**self.site.bearer, "Content-Type": "application/json"}
            answer = self.run.ask("/api/v1/reflections/decide", body, headers=headers)
            assert answer.status in (200, 503), f"{answer.status} {answer.text}"
            if answer.status == 200:
                self._approved.update(one["id"] for one in answer.json["results"] if one.get("state") == "approved")
        except (OSError, HTTPException):
            pass

    # what is counted

    def _landed(self) -> list[dict[str, Any]] | None:
        """All items, once none is under way any more."""
        try:
            items = self.run.items(self.site)
        except (OSError, HTTPException, AssertionError) as away:
            self._because = repr(away)
            return None
        flying = [f"{item['source']} is {item['state']}" for item in items if item["state"] not in WORDS]
        self._because = f"{len(items)} items, {len(flying)} in flight: {flying[:9]}"
        return items if len(items) >= len(self.blogs.states) and not flying else None

    def _one_for_each(self, items: list[dict[str, Any]]) -> None:
        """One item for each source, with one verification, none of it after that was known; decisions stand."""
        assert Counter(item["source"] for item in items) == Counter(self.blogs.states.keys())
        fetched = self.blogs.last_fetches()
        for item in items:
            expected = self.blogs.states[item["source"]]
            oldest_first = item["history"][::-1]
            steps = [(event["from"], event["to"]) for event in oldest_first if event["from"] != event["to"]]
            decided = [("pending", "approved")] if item["state"] == "approved" else []
            if item["source"] in self._unanswered:
                # Sent again after it had failed, it was received anew.
                steps = steps[steps.count(("failed", "received")) * 2 :]
            elif expected == "pending":
                verified = next(event["at"] for event in oldest_first if event["from"] == "received")
                assert fetched[item["source"]] <= seconds(verified) + 1, f"fetched again after it was accepted: {item}"
            assert steps == [("received", expected), *decided], item
            assert len(item["revisions"]) == (1 if expected == "pending" else 0), item
        assert {item["id"] for item in items if item["state"] == "approved"} >= self._approved, "a decision is lost"

    def _each_status_is_a_last_word(self, locations: dict[str, str]) -> None:
        def word(path: str) -> str:
            return str(self.run.ask(path, headers={"Accept": "application/json"}).json["status"])

        said = dict(zip(locations, self._hands.map(word, locations.values()), strict=True))
        for source, status in said.items():
            assert status in ({"unfetchable"} if self.blogs.states[source] == "failed" else {"accepted", "published"})

    def _nothing_is_half(self) -> None:
        """Every row has what belongs to it, nothing is held, and an SQLite file is sound."""
        engine = create(database_of(self.run))
        with engine.connect() as connection:

            def count(what: str) -> int:
                return int(connection.scalar(text(f"SELECT count(*) FROM {what}")) or 0)

            came = "EXISTS (SELECT 1 FROM arrival a WHERE a.reflection_id = r.id)"
            assert count(f"reflection r WHERE kind <> 'comment' AND NOT {came}") == 0
            assert count("reflection WHERE lease IS NOT NULL AND due_at IS NULL") == 0
            assert count("reflection WHERE state IN ('pending', 'approved') AND latest IS NULL") == 0
            if engine.dialect.name == "sqlite":
                assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        engine.dispose()


@contextmanager
def flight(run: WholeRun, web: Web, count: int, delay: float = 0.3) -> Iterator[Flight]:
    """A flight that somebody watches: at its end nothing was left untouched for longer than it may be."""
    under_way = Flight(run, web, count, delay)
    try:
        with Watch(database_of(run)) as watch:
            yield under_way
        watch.says_that_nobody_was_forgotten()
    finally:
        under_way.close()


def database_of(run: WholeRun) -> str:
    return run.environ.get("REFLECTIONS_DATABASE_URL") or f"sqlite:///{run.data / 'reflections.db'}"


def seconds(moment: str) -> float:
    """A moment of the API by the wall clock."""
    return datetime.fromisoformat(moment).timestamp()
