"""Taking in: webmentions through the door into the database, beside Isso, and beside a commit for each request."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from bench import filled, flush, isso, ours, pages, reading
from bench.load import Burst, burst, row
from bench.paced import Stream, stream
from bench.scale import Scale
from bench.table import Row, Section, at_least, at_most, ratio
from service.model import Reflection
from service.values.state import State
from tests.support.service import whole
from tests.support.waiting import until

MENTIONS, READS = 200, 500
"""A second, of the steady stream."""

WITH_LINK = 20
"""One in so many of its sources has the link."""

EACH = 100_000
"""Sources that each turn has for itself."""


def measure(scale: Scale, folder: Path) -> Section:
    """Every row of taking in, from one run."""
    folder.joinpath("flush").mkdir()
    slow = flush.slowed(folder / "flush")
    with ExitStack() as stack:
        web = stack.enter_context(_web(folder / "ours", {}))
        other = stack.enter_context(isso.isso(folder / "isso"))
        quick, theirs = [], []
        for turn in range(scale.turns):
            quick.append(_mentions(web, scale.seconds, turn))
            theirs.append(other.comment(f"post-{turn}", scale.seconds, turn * EACH))
    with ExitStack() as stack:
        together = stack.enter_context(_web(folder / "together", slow))
        each = stack.enter_context(_web(folder / "each", slow, "-m", "bench.commit_each"))
        slowed, lone = [], []
        for turn in range(scale.turns):
            slowed.append(_mentions(together, scale.seconds, turn))
            lone.append(_mentions(each, scale.seconds, turn))
    rows = _rows(quick, theirs, slowed, lone)
    if scale.mentions:
        rows += _steady(folder / "steady", scale.mentions)
    remarks = [
        f"a flush takes {flush.flush(folder):.2f} ms here, a commit to SQLite {flush.commit(folder / 'flush'):.2f} ms, "
        f"with the slowed flush {flush.commit(folder / 'flush', **slow):.2f} ms; {isso.version()}"
    ]
    return Section("Taking in (durable: SQLite, WAL, synchronous FULL)", rows, remarks)


def _rows(quick: list[Burst], theirs: list[Burst], slowed: list[Burst], lone: list[Burst]) -> list[Row]:
    isso_row, lone_row = row("Isso, POST comment", theirs), row("ours, a flush 2 ms slower, a commit each", lone)
    fast, slow = row("ours, POST webmention", quick), row("ours, a flush 2 ms slower", slowed)
    return [
        isso_row,
        fast.aiming(
            at_least(5, "x", ratio(fast.turns, isso_row.turns), "Isso"),
            at_most(5, "x", ratio([each.p99 for each in quick], [each.p50 for each in quick]), "its own p50"),
        ),
        lone_row,
        slow.aiming(at_least(4, "x", ratio(slow.turns, lone_row.turns), "a commit each")),
    ]


@contextmanager
def _web(folder: Path, environ: Mapping[str, str], *words: str) -> Iterator[str]:
    """Our web side alone, with its Redis and a blog."""
    with ExitStack() as stack:
        engine = stack.enter_context(filled.database(folder))
        filled.threads(engine, {"post": 1})
        stack.enter_context(ours.private(folder))
        yield stack.enter_context(ours.web(folder, *words, **environ))


def _mentions(web: str, seconds: float, turn: int) -> Burst:
    target = quote(filled.BLOG + "post", safe="")
    return burst(f"{web}/webmention", seconds, "webmention", FIRST=turn * EACH, PORT=9, TARGET=target)


def _steady(folder: Path, number: int) -> list[Row]:
    """A steady stream of mentions into the embedded run, on both cores with pages and readers, until all are done."""
    folder.mkdir()
    with ExitStack() as stack:
        engine = stack.enter_context(filled.database(folder / "data"))
        filled.threads(engine, {"post": 20})
        port = stack.enter_context(pages.pages(folder))
        run = stack.enter_context(whole(folder, INTAKE_LIMITS=ours.LIMITS, FETCH_HOST_INTERVAL="1"))
        there = int(run.url.rpartition(":")[2])

        def mention(line: http.client.HTTPConnection, n: int) -> None:
            source = pages.address(port, "none" if n % WITH_LINK else "link", n)
            said = urlencode({"source": source, "target": filled.BLOG + "post"})
            line.request("POST", "/webmention", said, {"Content-Type": "application/x-www-form-urlencoded"})

        def read(line: http.client.HTTPConnection, n: int) -> None:
            line.request("GET", reading.thread("", "post"))

        with ThreadPoolExecutor(2) as both:
            sent = both.submit(stream, there, MENTIONS, number, mention)
            reads = both.submit(stream, there, READS, number * READS // MENTIONS, read)
            taken, seen = sent.result(), reads.result()
        ended = time.monotonic()
        until(lambda: not _waiting(engine, Reflection.checked.is_(None)), 600, "not all were looked at", pause=0.5)
        looked = time.monotonic() - ended
        until(lambda: not _waiting(engine, Reflection.state == State.RECEIVED), 600, "not all were settled", pause=0.5)
        settled = time.monotonic() - ended
        kept = _waiting(engine, Reflection.source.like("http://127.%"))
    return _steady_rows(taken, seen, kept, number, looked, settled)


def _waiting(engine: Engine, which: ColumnElement[bool]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Reflection).where(which)) or 0


def _steady_rows(taken: Stream, seen: Stream, kept: int, number: int, looked: float, settled: float) -> list[Row]:
    accepted, answered = taken.statuses.count(201), seen.statuses.count(200)
    return [
        Row(
            f"ours, {MENTIONS} mentions/s for {number // MENTIONS} s", (accepted,), "taken", taken.p50, taken.p99
        ).aiming(
            at_least(1, "%", accepted / number, "of what was sent"),
            at_least(1, "%", kept / max(accepted, 1), "of what was taken is kept"),
            at_most(250, "ms", taken.p99, "p99"),
        ),
        Row(f"… and {READS} reads/s meanwhile", (answered,), "read", seen.p50, seen.p99).aiming(
            at_least(1, "%", answered / len(seen.statuses), "of what was asked"),
            at_most(100, "ms", seen.p99, "p99"),
        ),
        Row("… all looked at, after the last was sent", (looked,), "s"),
        Row("… all in their final state (a missing link is looked for twice, a minute apart)", (settled,), "s"),
    ]
