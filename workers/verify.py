"""The pipeline: it takes, fetches, reads and writes, and decides nothing.

    claim ──► fetch ×N ──► read ──► settle
    (due)     (threads)    (child)  (conclude, step; what is done by then is committed together)
                  ▲          │
                  └──────────┘ a further page: the author's, one that vouches (workers.further)

At least once, harmless twice: an item is held by a lease (:mod:`workers.due`), renewed while we live, and written
under its token, so that a kill costs some visits and no item. One slow host holds up one thread of many; what finds
its host busy is let go of for a while, and nobody waits in line behind it. Posts of ours that were named for the first
time are looked at on the way (:mod:`workers.look`), before their sources are fetched. Of the pages that wait for the
child the smallest is read first: a heavy one holds up as few as it can.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from service.bell import PAUSE
from service.decide.conclude import DEATHS, Found, Written
from service.model.engine import gave_way, written
from service.values.address import Address
from service.values.entry import Author
from service.values.page import Busy, Failure, Fetched, Limits, Page, Unchanged, Validators
from service.values.reading import Reading
from service.values.reason import Reason
from workers import due, further, look
from workers.child import Crashed
from workers.due import Held, Look, Visit
from workers.further import FurtherPage
from workers.means import LONGEST_RUN, Means, ends_the_run
from workers.reading.heading import Heading
from workers.rests import Rests
from workers.settle import hold, settle

HANDS = 64
"""Fetches under way at once, pages that wait to be read included."""

LONGEST_END = 60.0
"""Seconds after that in which what is under way must come to its end; else it is given back."""

IMPATIENT = 3.0
"""Seconds that a first look may take while more is due than there are hands; a second look gets the full time."""

RENEWED_EVERY = 15.0
"""Seconds between two renewals of what is held."""

AGAIN = 8
"""One hand of so many, at the most, is for what is looked at again by itself: whoever asks is never behind that."""

FURTHER = 5.0
"""Seconds that an item waits for the turn of its author's host, or its voucher's; then it goes on without."""

AHEAD = 2
"""Pages that the reader has at once: one is read, one is the next."""

SOON = 3.0
"""Seconds for which a run stays with empty hands where it gave something back that may be taken again by then."""

MOMENT = 0.5
"""Seconds after which a run that waits looks around at the latest."""

TOGETHER = 32
"""Visits that are committed together at the most, so that a slow disk flushes once for many."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Further:
    """A source was read, and a further page is asked for."""

    visit: Visit
    reading: Reading
    validators: Validators | None
    page: FurtherPage
    until: float
    """How long its host's turn is waited for."""


Task = Held | _Further


@dataclass(frozen=True, slots=True)
class _Brought:
    """A fetch has ended."""

    task: Task
    fetched: Fetched | Exception


@dataclass(frozen=True, slots=True)
class _Read:
    """A page has been read."""

    task: Task
    page: Page
    found: Reading | Failure | Crashed | Heading | Author | Exception | bool | None


class Run:
    """One run over what is due, until nothing is, a minute has passed, or the worker is asked to stop."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._held = set[Held]()
        self._claimed = deque[tuple[Task, Limits]]()
        self._fetching = self._reading = self._settled = 0
        self._pages: list[tuple[int, int, Task, Page]] = []
        self._waiting: list[tuple[float, int, _Further]] = []
        self._arrivals = itertools.count()
        self._works: list[tuple[Held, Callable[[Session], object]]] = []
        self._done: SimpleQueue[_Brought | _Read] = SimpleQueue()
        self._hosts_at_rest = Rests[str]()
        self._sites_at_rest = Rests[int]()
        self._free_soon = Rests[Held]()
        self._rang = False
        self._renewed = self._heard = time.monotonic()
        self._end = self._renewed + LONGEST_RUN

    def __call__(self) -> int:
        """Works off what is due; how many items and posts were settled. Raises what :func:`ends_the_run`."""
        stop, engine = self._means.stop, self._means.engine
        try:
            while not stop.is_set() and time.monotonic() < self._end + LONGEST_END:
                if time.monotonic() < self._end:
                    self._claim()
                if not self._held and not self._free_soon.now():
                    break
                self._wake()
                self._await()
                self._commit(sorted(self._works, key=_place))
                self._works.clear()
                self._renew()
        finally:
            due.give_back(engine, self._held)
        if stop.is_set() or due.anything(engine, _now()):
            # The bell that woke us is silent for a while, and would swallow this one.
            stop.wait(max(self._heard + PAUSE - time.monotonic(), 0.0))
            self._means.ring()
        return self._settled

    # claim

    def _claim(self) -> None:
        """Takes as much as the hands can hold, as soon as an eighth of them is free and nothing waits for them."""
        most = self._means.hands.count
        if self._claimed or self._free() < max(1, most // 8):
            return
        for post in due.claim_looks(self._means.engine, most, _now(), self._sites_at_rest.now()):
            self._held.add(post)
            self._claimed.append((post, self._means.limits))
        visits = due.claim(self._means.engine, most, _now(), self._hosts_at_rest.now())
        crowded = len(visits) == most
        most_again = max(1, most // AGAIN) - sum(isinstance(held, Visit) and held.again for held in self._held)
        visits += due.claim_again(self._means.engine, most_again, _now(), self._hosts_at_rest.now())
        self._held.update(visits)
        for visit in visits:
            if (found := _known_already(visit)) is not None:
                self._settle(visit, found, None)
            else:
                self._claimed.append((visit, self._patience(visit, crowded)))
        if crowded and not self._rang:
            self._rang, self._heard = True, time.monotonic()
            self._means.ring()
        self._fetch()

    def _free(self) -> int:
        return self._means.hands.count - self._fetching - self._reading - len(self._pages)

    def _patience(self, visit: Visit, crowded: bool) -> Limits:
        limits = self._means.limits
        if crowded and visit.attempts == 0:
            return Limits(min(IMPATIENT, limits.seconds), limits.bytes, limits.redirects)
        return limits

    # fetch

    def _fetch(self) -> None:
        """Fills the free hands with what was claimed."""
        while self._claimed and self._free() > 0:
            task, limits = self._claimed.popleft()
            self._fetching += 1
            self._means.hands.give(partial(self._bring, task, limits))

    def _bring(self, task: Task, limits: Limits) -> None:
        address, since, waited = _what(task)
        fetched = _attempt(lambda: self._means.fetch(address, limits, since, waited=waited))
        self._done.put(_Brought(task, fetched))

    def _await(self) -> None:
        """Waits until something is done, and deals with all that is, as far as it is committed together."""
        patient = not self._works
        while not self._means.stop.is_set() and len(self._works) < TOGETHER:
            try:
                done = self._done.get(patient, timeout=MOMENT)
            except Empty:
                return
            patient = False
            if isinstance(done, _Brought):
                self._fetching -= 1
                self._brought(done.task, done.fetched)
            else:
                self._reading -= 1
                self._was_read(done)
            self._read()
            self._fetch()

    def _brought(self, held: Task, fetched: Fetched | Exception) -> None:
        if isinstance(fetched, Page):
            heapq.heappush(self._pages, (len(fetched.body), next(self._arrivals), held, fetched))
        elif isinstance(held, _Further):
            self._wait(held, fetched) if isinstance(fetched, Busy) else self._was_told(held, fetched)
        elif isinstance(fetched, Busy):
            self._later(held, fetched)
        elif isinstance(fetched, Exception):
            self._broke(held, fetched)
        elif isinstance(held, Look):
            self._settle_look(held, fetched, None)
        else:
            self._settle(held, fetched, None)

    # read

    def _read(self) -> None:
        """Gives the reader what it can take."""
        while self._pages and self._reading < AHEAD:
            _size, _arrival, task, page = heapq.heappop(self._pages)
            self._reading += 1
            self._means.reader.give(partial(self._ask, task, page))

    def _ask(self, task: Task, page: Page) -> None:
        child = self._means.child
        if isinstance(task, _Further):
            self._done.put(_Read(task, page, _attempt(lambda: task.page.ask(child, page))))
        elif isinstance(task, Look):
            self._done.put(_Read(task, page, _attempt(lambda: child.heading(page))))
        else:
            self._done.put(_Read(task, page, _attempt(lambda: child.read(page, task.targets))))

    def _was_read(self, read: _Read) -> None:
        held, found = read.task, read.found
        if isinstance(held, _Further):
            self._was_told(held, found)
        elif isinstance(found, Exception):
            self._broke(held, found)
        elif isinstance(held, Look):
            self._settle_look(held, read.page, found if isinstance(found, Heading) else None)
        elif isinstance(found, Reading):
            self._go_on(held, found, read.page.validators, time.monotonic() + FURTHER)
        elif isinstance(found, Failure):
            self._settle(held, found, read.page.validators)
        else:
            self._count_death(held)

    # further pages

    def _go_on(self, visit: Visit, reading: Reading, validators: Validators | None, until: float) -> None:
        """Has the next further page fetched, or settles the item where none is wanted."""
        try:
            reading, page = further.next_page(self._means.engine, visit, reading, _now())
        except Exception as error:
            self._broke(visit, error)
            return
        if page is None:
            self._settle(visit, reading, validators)
        else:
            self._claimed.append((_Further(visit, reading, validators, page, until), self._means.limits))

    def _was_told(self, task: _Further, found: object) -> None:
        """Goes on with what the page told; that it told nothing is no fault of the item's."""
        if isinstance(found, Exception):
            if ends_the_run(found):
                raise found
            log.error("a further page broke", item=_name(task.visit), exc_info=found)
        try:
            further.keep(self._means.engine, task.page, found, _now())
        except Exception as error:
            self._broke(task.visit, error)
            return
        self._go_on(task.visit, task.page.told(task.reading, found), task.validators, task.until)

    def _wait(self, task: _Further, busy: Busy) -> None:
        """Waits for the turn of its host, which may be the source's own; not for long, and no more than the hands are:
        an item whose author's host is flooded goes on without."""
        then = time.monotonic() + busy.seconds * (1 + random.random() / 4)  # noqa: S311
        if then > task.until or len(self._waiting) >= self._means.hands.count:
            self._go_on(task.visit, task.page.told(task.reading, None), task.validators, task.until)
        else:
            heapq.heappush(self._waiting, (then, next(self._arrivals), task))

    def _wake(self) -> None:
        """Asks again for the pages whose hosts may be asked by now, unless another item has heard from them."""
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _then, _arrival, task = heapq.heappop(self._waiting)
            self._go_on(task.visit, task.reading, task.validators, task.until)
        self._fetch()

    # settle

    def _settle(self, visit: Visit, found: Found, validators: Validators | None) -> None:
        now, chance = _now(), random.random()  # noqa: S311
        self._works.append((visit, lambda session: settle(session, visit, found, validators, now, chance)))

    def _settle_look(self, post: Look, fetched: Page | Unchanged | Failure, heading: Heading | None) -> None:
        now, chance = _now(), random.random()  # noqa: S311
        self._works.append((post, lambda session: look.settle(session, post, fetched, heading, now, chance)))

    def _commit(self, works: Sequence[tuple[Held, Callable[[Session], object]]]) -> None:
        """Writes them in one transaction; if that fails, each in its own, and what fails alone is a death."""
        try:
            done = written(self._means.engine, partial(_write, works)) if works else []
        except Exception as failed:
            if len(works) == 1:
                self._broke(works[0][0], failed)
            elif ends_the_run(failed) and not gave_way(failed):
                raise
            else:
                for one in works:
                    self._commit([one])
        else:
            self._held.difference_update(held for held, _ in works)
            self._settled += sum(map(bool, done))

    def _later(self, held: Held, busy: Busy) -> None:
        """Leaves an item alone until its host may be asked; where that is a matter of turns, others of it too."""
        if busy.hops or busy.asked_for:
            pass
        elif isinstance(held, Look):
            self._sites_at_rest.add(held.site, busy.seconds)
        elif held.host:
            self._hosts_at_rest.add(held.host, busy.seconds)
        seconds = due.leave(self._means.engine, held, busy, _now(), random.random())  # noqa: S311
        if seconds <= SOON:
            self._free_soon.add(held, seconds + MOMENT)
        self._held.remove(held)

    def _broke(self, held: Held, error: Exception) -> None:
        """What we did not expect: the database's and the child's troubles end the run, all else is the item's death."""
        if ends_the_run(error):
            raise error
        log.error("a visit broke", item=_name(held), exc_info=error)
        self._count_death(held)

    def _count_death(self, held: Held) -> None:
        due.count_death(self._means.engine, held, _now())
        self._held.remove(held)

    def _renew(self) -> None:
        if time.monotonic() - self._renewed > RENEWED_EVERY:
            self._renewed = time.monotonic()
            due.renew(self._means.engine, self._held, _now())


def _what(task: Task) -> tuple[Address, Validators | None, bool]:
    """What is fetched, as of when, and whether it waited long enough for a host that asks for patience."""
    if isinstance(task, Visit):
        assert task.source is not None
        return task.source, task.validators, task.waited
    return (task.address, None, task.waited) if isinstance(task, Look) else (task.page.address, None, False)


def _known_already(visit: Visit) -> Found | None:
    """What is to be settled without a fetch."""
    if visit.post_exists is False:
        return Failure(Reason("no_such_post"))
    if visit.deaths >= DEATHS:
        return Failure(Reason("crashed"))
    if visit.is_comment:
        return Written()
    if visit.source is None:
        return Failure(Reason("invalid_source"))
    return None


def _write(works: Sequence[tuple[Held, Callable[[Session], object]]], session: Session) -> list[object]:
    _items = hold(session, [held for held, _ in works if isinstance(held, Visit)])
    return [work(session) for _, work in works]


def _place(work: tuple[Held, object]) -> tuple[int, int]:
    """One order for all runs that write, so that no two of them wait for each other: once their items are locked
    (:func:`workers.settle.hold`), post by post, a look before what comes of the post's items."""
    held, _ = work
    return held.post, held.item if isinstance(held, Visit) else 0


def _attempt(work: Callable[[], T]) -> T | Exception:
    """What the work gives, or how it failed: for the run to deal with."""
    try:
        return work()
    except Exception as failed:
        return failed


def _name(held: Held) -> str:
    return f"reflection {held.item}" if isinstance(held, Visit) else f"post {held.post}"


def _now() -> datetime:
    return datetime.now(UTC)
