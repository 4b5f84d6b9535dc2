"""Authors' pictures: fetched as everything else is, drawn anew in the reading child, kept under their hash.

    claim ──► fetch ×N ──► draw ──► settle
    (due)     (threads)    (child)  (sighting; what was welcome before shows it from now on)

An errand: it may take its time, and no item waits for it. A host whose turn is taken is left alone, and its pictures
with it, as :mod:`workers.verify` does it.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy.orm import Session

from service.bell import PAUSE
from service.decide.picture import sighting
from service.model import Picture, picture
from service.model.engine import written
from service.values.page import Busy, Failure, Fetched, Limits, Page
from service.values.portrait import Portrait
from workers import due
from workers.answer import Accept
from workers.child import Crashed
from workers.due import Want
from workers.means import LONGEST_RUN, Means, ends_the_run
from workers.rests import Rests

LARGEST = 2 * 1024 * 1024
"""Bytes of a picture that is fetched."""

PICTURES = Accept(
    "image/webp, image/png, image/jpeg, image/gif;q=0.9, */*;q=0.1",
    lambda media_type: media_type.startswith("image/") or media_type in ("", "application/octet-stream"),
)
"""What calls itself a picture; whether it is one, and of which kind, its bytes say."""

SOON = 3.0
"""Seconds for which a run stays where all that is due rests no longer than that."""

log = structlog.get_logger(__name__)


class Pictures:
    """One run over the pictures that are due, until none is, a minute has passed, or the worker is asked to stop."""

    def __init__(self, means: Means, seconds: float = LONGEST_RUN) -> None:
        self._means = means
        self._limits = Limits(means.limits.seconds, min(LARGEST, means.limits.bytes), means.limits.redirects)
        self._done: SimpleQueue[tuple[Want, Fetched | Exception]] = SimpleQueue()
        self._held = set[Want]()
        self._resting = Rests[str]()
        self._end = time.monotonic() + seconds

    def __call__(self) -> int:
        """Works off what is due; how many pictures were settled. Raises what :func:`ends_the_run`."""
        engine, stop, settled = self._means.engine, self._means.stop, 0
        self._tidy()
        try:
            while self._goes_on() and self._claim():
                while self._held and self._goes_on():
                    settled += self._settle_next()
        finally:
            due.give_back(engine, self._held)
        if stop.is_set() or due.any_picture(engine, _now()):
            stop.wait(PAUSE)
            self._means.ring()
        return settled

    def _goes_on(self) -> bool:
        return not self._means.stop.is_set() and time.monotonic() < self._end

    def _tidy(self) -> None:
        while written(self._means.engine, lambda session: picture.tidy(session, _now())) == picture.BATCH:
            if not self._goes_on():
                return

    def _claim(self) -> bool:
        """Takes a handful; whether there is anything to do, or will be soon."""
        wants = due.claim_pictures(self._means.engine, self._means.hands.count, _now(), self._resting.now())
        self._held.update(wants)
        for want in wants:
            self._means.hands.give(partial(self._fetch, want))
        if not wants and self._resting.now():
            self._means.stop.wait(0.1)
        return bool(wants) or bool(self._resting.now())

    def _fetch(self, want: Want) -> None:
        try:
            self._done.put((want, self._means.fetch(want.address, self._limits, None, PICTURES, want.waited)))
        except Exception as failed:
            self._done.put((want, failed))

    def _settle_next(self) -> int:
        try:
            want, fetched = self._done.get(timeout=1.0)
        except Empty:
            due.renew(self._means.engine, self._held, _now())
            return 0
        try:
            return self._settle(want, fetched)
        except Exception as error:
            if ends_the_run(error):
                raise
            log.error("a picture broke", item=f"picture {want.picture}", exc_info=error)
            due.count_death(self._means.engine, want, _now())
            self._held.discard(want)
            return 0

    def _settle(self, want: Want, fetched: Fetched | Exception) -> int:
        if isinstance(fetched, Exception):
            raise fetched
        if isinstance(fetched, Busy):
            self._later(want, fetched)
            return 0
        found = self._means.child.picture(fetched) if isinstance(fetched, Page) else fetched
        if isinstance(found, Crashed):
            due.count_death(self._means.engine, want, _now())
        elif isinstance(found, Portrait | Failure):
            now, chance = _now(), random.random()  # noqa: S311
            written(self._means.engine, lambda session: settle(session, want, found, now, chance))
        self._held.discard(want)
        due.renew(self._means.engine, self._held, _now())
        return 1

    def _later(self, want: Want, busy: Busy) -> None:
        """Leaves a picture alone until its host may be asked; others of that host with it."""
        seconds = due.leave(self._means.engine, want, busy, _now(), random.random())  # noqa: S311
        if seconds <= SOON:
            self._resting.add(want.host, seconds)
        self._held.discard(want)


def settle(session: Session, want: Want, found: Portrait | Failure, now: datetime, chance: float) -> None:
    """Writes what was found, under the lease. A copy is never exchanged."""
    row = session.get(Picture, want.picture, with_for_update=True, populate_existing=True)
    if row is None or row.lease != want.token:
        return
    seen = sighting(want.attempts, found, now, chance)
    row.fetched, row.due_at = now, seen.due
    row.attempts = want.attempts + 1 if seen.due else 0
    row.waits_since = row.waits_since if seen.due else None
    row.deaths, row.lease, row.leased_until = 0, None, None
    if seen.portrait is not None and row.hash is None:
        row.hash, row.body = seen.portrait.hash, seen.portrait.body
        session.flush()
        picture.follow(session, row.id, row.hash)


def _now() -> datetime:
    return datetime.now(UTC)
