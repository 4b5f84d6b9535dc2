"""A watcher over the rows that are the queue: whoever is due and free is taken by somebody, soon."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from service.model import Picture, Post, Reflection
from service.model.engine import create

PATIENCE = 90.0
"""Seconds for which nothing that was due, or whose holder died, may be left untouched."""

EVERY = 3.0

QUEUES = (
    (Reflection, Reflection.due_at),
    (Reflection, Reflection.again_at),
    (Post, Post.due_at),
    (Picture, Picture.due_at),
)
"""The columns by which somebody is due."""


class Watch:
    """Looks every few seconds, from outside. A row counts as touched when anything of its turn has changed."""

    def __init__(self, database_url: str) -> None:
        self._engine = create(database_url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)
        self._since: dict[Hashable, float] = {}
        self.looks = 0
        self.longest, self.who = 0.0, ""

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._engine.dispose()

    def says_that_nobody_was_forgotten(self) -> None:
        assert self.looks, "nobody has looked"
        assert self.longest < PATIENCE, f"{self.who} was left untouched for {self.longest:.0f} s"

    def _look_on(self) -> None:
        while not self._over.is_set():
            with suppress(SQLAlchemyError):  # a database that is away is looked at later
                self._look()
            self._over.wait(EVERY)

    def _look(self) -> None:
        now, moment = datetime.now(UTC), time.monotonic()
        with self._engine.connect() as connection:
            free = [
                (table.__tablename__, *row)
                for table, due in QUEUES
                for row in connection.execute(
                    select(table.id, due, table.lease, table.leased_until, table.attempts).where(
                        due <= now, or_(table.leased_until.is_(None), table.leased_until <= now)
                    )
                )
            ]
        self._since = {row: self._since.get(row, moment) for row in free}
        self.looks += 1
        for row, since in self._since.items():
            if moment - since > self.longest:
                self.longest, self.who = moment - since, f"{row[0]} {row[1]}"
