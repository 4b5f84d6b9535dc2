"""Deciding: how long a person takes for 200 items that wait, half of them spam, by keyboard, mouse and touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Engine

from bench import deciding_queues as queues
from bench import filled, ours
from bench.deciding_hands import WAYS, Time
from bench.deciding_person import decides, sits_down
from bench.deciding_queues import Waiting
from bench.scale import Scale
from bench.table import MINUTES, Row, Section, at_most
from service.model import site as sites
from service.model.engine import writing
from service.values.address import parse
from service.values.state import State
from tests.support.browser import Browser, Chromiums, Reader
from tests.support.desk import Desk
from tests.support.service import KnownSite, SignIn

ROUND_TRIP = 100.0
"""Milliseconds between the browser and the service."""

AT_ONCE = 100.0
"""Milliseconds from an act until the next row is on the screen and has the focus."""

FILE = "eminem"
"""Whose comments are those that are as they came."""

ALL = 200
"""Items for which the targets hold."""

PEERS = (
    "measured the same way: WordPress by its keys, switched on, 5:52 (else 10:26), by mouse 7:47 in bulk and 8:50 one "
    "by one, by touch 8:02;",
    "Isso, which has no keys, by mouse 8:16, by touch 9:51; a wave with 108 copies of one text took WordPress 5:52",
)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, and in how many seconds it has to be decided, by each of :data:`WAYS`."""

    name: str
    waiting: Sequence[Waiting]
    targets: Sequence[float]


def measure(scale: Scale, folder: Path) -> Section:
    """Every queue by every way, one after the other, on one service."""
    rows, waits = list[Row](), list[float]()
    with ExitStack() as stack:
        engine = stack.enter_context(filled.database(folder))
        stack.enter_context(ours.private(folder))
        url = stack.enter_context(ours.web(folder))
        chromiums = stack.enter_context(closing(Chromiums(lambda name: _made(folder / name))))
        for queue in _queues(scale.waiting):
            for hands, target in zip(WAYS, queue.targets, strict=True):
                desk, labels, who = _filled(engine, queue, len(rows))
                with _window(chromiums, hands.reader) as browser:
                    sits_down(browser, url, who, ROUND_TRIP)
                    time = decides(hands, browser, f"{url}/admin/", labels)
                rows.append(_row(f"{queue.name}, {hands.name}", time, queues.wrong(desk, labels)))
                if scale.waiting == ALL:
                    rows[-1] = rows[-1].aiming(*rows[-1].targets, at_most(target, MINUTES, time.whole))
                waits += time.waits
    return Section("Deciding", [*rows, _at_once(waits)], list(PEERS))


def _queues(number: int) -> Iterator[Queue]:
    yield Queue("unlike each other", queues.unlike(number), (345, 455, 445))
    yield Queue("60 % in fives", queues.wave(number), (210, 270, 265))
    yield Queue("as they came", queues.real(number, FILE), (305, 400, 390))
    yield Queue("as they came, weighed", queues.weighed(number, FILE), (285, 325, 320))


def _filled(engine: Engine, queue: Queue, run: int) -> tuple[Desk, Mapping[str, State], SignIn]:
    """A site with the queue, what each is to become, and who decides there and nowhere else."""
    with writing(engine) as session:
        base = f"https://blog-{run}.example/"
        site, token, read_token = sites.add(session, [parse(base)], datetime.now(UTC), "", "en")
        desk = Desk(engine, KnownSite(site.id, base, token, read_token))
    return desk, queues.fill(desk, queue.waiting), desk.moderator(f"Nora {run}")


@contextmanager
def _window(chromiums: Chromiums, reader: Reader) -> Iterator[Browser]:
    driver = chromiums.take(reader)
    browser = Browser(driver)
    yield browser
    complaints = browser.complaints()
    assert not complaints, complaints
    chromiums.give_back(driver, reader)


def _row(name: str, time: Time, wrong: int) -> Row:
    note = f"{time.acts - time.scrolls} acts, {time.scrolls} scrolls; {time.page:.1f} s the page's"
    return Row(name, (time.whole,), MINUTES, note=note).aiming(at_most(0, "wrong", wrong, "in the database"))


def _at_once(waits: Sequence[float]) -> Row:
    shown = [wait * 1000 for wait in waits]
    parts = quantiles(shown, n=100)
    row = Row("from an act to the next row", (parts[49],), "ms", p50=parts[49], p99=parts[98])
    return row.aiming(at_most(AT_ONCE, "ms", parts[94], "19 of 20"), at_most(AT_ONCE, "ms", max(shown), "the slowest"))


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
