"""Reading a thread: our answers through the real door, beside nginx, a bare function and Isso."""

from __future__ import annotations

import http.client
import math
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, select

from bench import filled, isso, nginx
from bench.bare import bare
from bench.load import Burst, burst, row
from bench.machine import on_core
from bench.paced import Stream, stream
from bench.scale import Scale
from bench.table import Row, Section, at_least, at_most, ratio
from service.model import Post, Reflection
from service.model.engine import writing
from service.model.states import Step, step
from service.values.state import State
from tests.support.service import Answer, ask, whole
from tests.support.waiting import until

SIZES = {"short": 20, "long": 500}
DECISIONS = 10


def measure(scale: Scale, folder: Path) -> Section:
    """Every row of reading, from one run."""
    with ExitStack() as stack:
        engine = stack.enter_context(filled.database(folder / "data"))
        filled.threads(engine, SIZES | {f"cold-{n}": 20 for n in range(scale.cold)})
        with on_core(0):
            run = stack.enter_context(whole(folder, FETCH_HOST_INTERVAL="1"))
        urls = {"short": thread(run.url, "short"), "long": thread(run.url, "long") + "&size=500"}
        given = {name: ask(url) for name, url in urls.items()}
        files = stack.enter_context(nginx.static(folder / "nginx", {name: each.body for name, each in given.items()}))
        function = stack.enter_context(
            bare(folder / "bare", {name: (_headers(each), each.body) for name, each in given.items()})
        )
        before = stack.enter_context(nginx.front(folder / "front", run.url))
        other = stack.enter_context(isso.isso(folder / "isso"))
        for name, size in SIZES.items():
            other.fill(name, [filled.WORDS[n % len(filled.WORDS)] for n in range(size)])

        known = {"If-None-Match": given["short"].headers["etag"]}
        turns: dict[str, list[Burst]] = {}
        for _ in range(scale.turns):
            for what, url, headers in (
                ("nginx short", f"{files}/short", None),
                ("bare short", f"{function}/short", None),
                ("ours short", urls["short"], None),
                ("ours known", urls["short"], known),
                ("front short", urls["short"].replace(run.url, before), None),
                ("nginx long", f"{files}/long", None),
                ("ours long", urls["long"], None),
                ("isso short", other.page("short"), None),
            ):
                turns.setdefault(what, []).append(burst(url, scale.seconds, headers=headers))
        turns["isso long"] = [burst(other.page("long"), 2 * scale.seconds)]
        cold = _cold(run.url, scale.cold)
        late = max(_seen(engine, urls["short"]) for _ in range(DECISIONS))
    return Section("Reading a thread", _rows(turns, cold, late), _remarks(given))


def thread(base_url: str, name: str) -> str:
    """Where the thread of a post is read."""
    return f"{base_url}/api/v1/thread?url={quote(filled.BLOG + name, safe='')}"


def _headers(answer: Answer) -> list[tuple[str, str]]:
    """Its headers without those that the server makes for each connection and answer."""
    made = {"connection", "content-length", "date", "server"}
    return [(name, value) for name, value in answer.headers.items() if name.lower() not in made]


def _rows(turns: dict[str, list[Burst]], cold: Stream, late: float) -> list[Row]:
    rows = {what: row(_NAMES[what], bursts) for what, bursts in turns.items()}

    def beside(what: str, other: str) -> float:
        return ratio(rows[what].turns, rows[other].turns)

    def slower(what: str, other: str) -> float:
        return ratio([each.p99 for each in turns[what]], [each.p99 for each in turns[other]])

    targets = {
        "ours short": (
            at_least(0.9, "%", beside("ours short", "bare short"), "of the bare function"),
            at_least(0.4, "%", beside("ours short", "nginx short"), "of nginx"),
            at_least(300, "x", beside("ours short", "isso short"), "Isso"),
            at_most(3, "x", slower("ours short", "nginx short"), "nginx's p99"),
        ),
        "ours known": (at_least(1, "%", beside("ours known", "ours short"), "of the whole answer"),),
        "front short": (at_least(0.8, "%", beside("front short", "nginx short"), "of nginx"),),
        "ours long": (
            at_least(0.4, "%", beside("ours long", "nginx long"), "of nginx"),
            at_most(3, "x", slower("ours long", "nginx long"), "nginx's p99"),
        ),
    }
    first = Row("ours, 20 items, each thread read for the first time", (len(cold.statuses) / cold.seconds,))
    return [
        *(one.aiming(*targets.get(what, ())) for what, one in rows.items()),
        first.aiming(at_least(10, "x", ratio(first.turns, rows["isso short"].turns), "Isso")),
        Row(f"a decision, until readers see it, the slowest of {DECISIONS}", (late,), "s").aiming(
            at_most(1, "s", late)
        ),
    ]


_NAMES = {
    "nginx short": "nginx, static file, 20 items",
    "bare short": "bare RSGI function, 20 items",
    "ours short": "ours, embedded run, 20 items",
    "ours known": "ours, 20 items, 304",
    "front short": "ours behind our nginx, 20 items",
    "nginx long": "nginx, static file, 500 items",
    "ours long": "ours, embedded run, 500 items",
    "isso short": "Isso, 20 comments",
    "isso long": "Isso, 500 comments",
}


def _cold(base_url: str, number: int) -> Stream:
    """Threads that nobody has read yet, each once, by as many at a time as the load has clients."""

    def read(line: http.client.HTTPConnection, n: int) -> None:
        line.request("GET", thread("", f"cold-{n}"))

    with on_core(1):
        seen = stream(int(base_url.rpartition(":")[2]), math.inf, number, read)
    assert set(seen.statuses) == {200}
    return seen


def _remarks(given: dict[str, Answer]) -> list[str]:
    sizes = " and ".join(f"{len(given[name].body) / 1000:.0f} KB ({size} items)" for name, size in SIZES.items())
    return [f"{sizes} of JSON; {isso.version()}"]


def _seen(engine: Engine, url: str) -> float:
    """Seconds until readers, of whom one asks all the time, see that an item was taken down, or put up again."""
    with writing(engine) as session:
        item = session.scalars(_ITEM).one()
        to = State.REJECTED if item.state is State.APPROVED else State.APPROVED
        step(session, item, Step(item.state, to, "bench", seen=item.latest), datetime.now(UTC))
        uid = item.uid.encode()
    began = time.monotonic()
    until(lambda: (uid in ask(url).body) is (to is State.APPROVED), 10, "a decision was not seen", pause=0.002)
    return time.monotonic() - began


_ITEM = select(Reflection).join(Post).where(Post.url == filled.BLOG + "short").order_by(Reflection.id).limit(1)
