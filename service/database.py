"""Flask-SQLAlchemy's ``db``, which reads, and :func:`write`, which alone writes in a web process.

An answer that says "taken" is given after the commit. On SQLite one thread writes for all: it takes whatever waits
and commits it together, so a slow disk flushes once for many. If such a batch fails, each of its works runs
on its own: therefore a work may run twice, and must not mind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.model import Base
from service.model.engine import instrument, options, writing, written

Result = TypeVar("Result")
Work = Callable[[Session], Any]
Waiting = tuple[Work, Future[Any]]

BATCH = 200
"""Works that are committed together at the most."""

db = SQLAlchemy(model_class=Base)


def init(app: Flask, url: str) -> None:
    """Gives the app its database and its writer."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options(url)
    db.init_app(app)
    with app.app_context():
        engine = instrument(db.engine)
    app.extensions["reflections-writer"] = Writer(engine) if engine.dialect.name == "sqlite" else Single(engine)


def write(work: Callable[[Session], Result], patience: float | None = None) -> Result:
    """What ``work(session)`` gives, once it is committed. ``work`` may run twice; it never commits by itself.

    Who has no more than ``patience`` seconds is told ``TimeoutError`` or ``OperationalError`` then; where the work
    had begun, it may be committed all the same.
    """
    result: Result = current_app.extensions["reflections-writer"].write(work, patience)
    db.session.rollback()  # what this request reads from here on is what was just written
    return result


class Single:
    """Each work in a transaction of its own, where the database takes many writers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, work: Work, patience: float | None = None) -> Any:
        if patience is None:
            return written(self._engine, work)
        limit = text(f"SET LOCAL lock_timeout = {int(patience * 1000)}")

        def bounded(session: Session) -> Any:
            session.execute(limit)
            return work(session)

        return written(self._engine, bounded)


class Writer:
    """The one thread that writes to SQLite; it starts with the first work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, work: Work, patience: float | None = None) -> Any:
        answer: Future[Any] = Future()
        self._waiting.put((work, answer))
        if self._thread is None:
            self._start()
        try:
            return answer.result(patience)
        finally:
            answer.cancel()  # nobody waits for it any more

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < BATCH:
                try:
                    batch.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            self._commit(batch)

    def _commit(self, batch: list[Waiting]) -> None:
        try:
            with writing(self._engine) as session:
                batch = _wanted(batch)
                results = [work(session) for work, _ in batch]
        except Exception as failed:
            batch = _wanted(batch)
            if len(batch) > 1 and not isinstance(failed, OperationalError):
                for one in batch:
                    self._commit([one])
                return
            # Locked, full or read-only is so for all of them: one after the other they would wait for minutes.
            for _, answer in batch:
                answer.set_exception(failed)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            answer.set_result(result)


def _wanted(batch: list[Waiting]) -> list[Waiting]:
    """Those whose askers still wait; from now on they do."""
    return [one for one in batch if one[1].running() or one[1].set_running_or_notify_cancel()]
