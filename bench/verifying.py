"""Verifying: one worker over many hosts' pages, beside what reading alone costs and beside RQ as it is usually used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bench import filled, flush, machine, ours, page_a_job, pages
from bench.machine import on_core
from bench.scale import Scale
from bench.table import Row, Section, at_least, at_most
from service.bell import Bell
from service.model import Reflection
from service.values.state import State
from tests.support.programs import running
from tests.support.waiting import until


def measure(scale: Scale, folder: Path) -> Section:
    """Every row of verifying, from one run."""
    folder.joinpath("rq").mkdir()
    with ExitStack() as stack:
        port = stack.enter_context(pages.pages(folder))

        def sources(kind: str, number: int, first: int = 0) -> list[str]:
            return [pages.address(port, kind, n) for n in range(first, first + number)]

        linked = scale.pages // 5
        alone = _alone(linked)
        usual = _usual(folder / "rq", sources("none", scale.jobs))
        without = _verify(folder / "without", sources("none", scale.pages), State.FAILED)
        with_link = _verify(folder / "with", sources("link", linked), State.PENDING)
        honest = _slow_world(folder / "slow", sources("slow", scale.slow), sources("link", scale.honest, scale.slow))
    heaviest = max(*without.memory, *with_link.memory)
    rows = [
        Row("BeautifulSoup(lxml) and mf2py alone, one core", (alone,), "pages/s"),
        Row("RQ's default worker, a page a job", (usual,), "pages/s"),
        Row("ours, one worker, without the link", (without.rate,), "pages/s").aiming(
            at_least(200, "pages/s", without.rate),
            at_least(20, "x", without.rate / usual, "RQ's default worker"),
        ),
        Row("ours, one worker, with link and h-entry", (with_link.rate,), "pages/s").aiming(
            at_least(0.6, "%", with_link.rate / alone, "of reading alone")
        ),
        Row("ours, the heaviest of its two processes", (heaviest,), "MB").aiming(at_most(150, "MB", heaviest)),
        Row(f"ours, {scale.honest} honest hosts among {scale.slow} that take 10 s", (honest,), "s").aiming(
            at_most(60, "s", honest)
        ),
    ]
    remarks = [
        f"pages of {len(pages.WITHOUT) / 1000:.0f} KB, answered after 50 ms, each on a host of its own; queue, "
        f"database and change of state included; a flush takes {flush.flush(folder):.2f} ms"
    ]
    return Section("Verifying (one worker on one core)", rows, remarks)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a worker did."""

    rate: float
    """Pages a second, from the ring to the last change of state."""
    memory: Sequence[float]
    """The most MB that each of its processes held."""


def _verify(folder: Path, sources: Sequence[str], into: State) -> Verified:
    with _at_work(folder, sources) as (engine, process, began):
        until(lambda: _left(engine) == 0, 600, "the worker did not come to an end", pause=0.2)
        number = _number(engine, into)
        assert number == len(sources), f"{number} of {len(sources)} pages are {into}"
        family = [process, *(child.pid for child in psutil.Process(process).children())]
        return Verified(number / _took(engine, into, began), [machine.peak_memory(each) for each in family])


def _slow_world(folder: Path, slow: Sequence[str], honest: Sequence[str]) -> float:
    """Seconds until the last honest source is verified, spread as they are among those that take their time."""
    step = len(slow) // len(honest)
    mixed = [source for n, one in enumerate(honest) for source in (*slow[n * step : (n + 1) * step], one)]
    with _at_work(folder, mixed) as (engine, _, began):
        until(lambda: _number(engine, State.PENDING) == len(honest), 300, "the honest were not all verified", pause=0.2)
        return _took(engine, State.PENDING, began)


def _took(engine: Engine, into: State, began: datetime) -> float:
    """Seconds until the last item came into a state."""
    with Session(engine) as session:
        last = session.scalar(select(func.max(Reflection.checked)).where(Reflection.state == into))
    assert last is not None
    return (last - began).total_seconds()


@contextmanager
def _at_work(folder: Path, sources: Sequence[str]) -> Iterator[tuple[Engine, int, datetime]]:
    """A worker that was just rung for these claims: database, process, and when that was."""
    with ExitStack() as stack:
        engine = stack.enter_context(filled.database(folder))
        redis = stack.enter_context(ours.private(folder))
        process = stack.enter_context(ours.worker(folder))
        filled.claims(engine, sources)
        began = datetime.now(UTC)
        Bell(redis).ring("verify")
        yield engine, process, began


def _number(engine: Engine, state: State) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Reflection).where(Reflection.state == state)) or 0


def _left(engine: Engine) -> int:
    return _number(engine, State.RECEIVED)


def _alone(number: int) -> float:
    """Pages a second that the two libraries read by themselves."""
    with on_core(0):
        done = subprocess.run(
            [sys.executable, "-m", "bench.read_alone", str(number)], stdout=subprocess.PIPE, text=True, check=True
        )
    return float(done.stdout)


def _usual(folder: Path, sources: Sequence[str]) -> float:
    """Pages a second of ``rq worker`` with a job for each page."""
    with ExitStack() as stack:
        redis = stack.enter_context(ours.private(folder))
        page_a_job.enqueue(redis, sources)
        rq: list[str | Path] = [Path(sys.executable).with_name("rq"), "worker", "--burst", "--quiet"]
        here = os.environ | {"PYTHONPATH": str(Path.cwd())}
        with on_core(0):
            process = stack.enter_context(running([*rq, "--url", redis, "pages"], folder / "log", here))
        process.wait(300)
        return page_a_job.rate(redis, len(sources))
