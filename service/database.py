"""Flask-SQLAlchemy's ``db``, which reads, and :func:`write`, which alone writes in a web process.

An answer that says "taken" is given after the commit. On SQLite one thread writes for all: it takes whatever waits
and commits it together, so a slow disk flushes once for many (1,260 writes a second against 295 where a flush takes
2 ms). If such a batch fails, each of its works runs on its own: therefore a work may run twice, and must not mind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.model import Base
from service.model.engine import instrument, writing, written

Result = TypeVar("Result")
Work = Callable[[Session], Any]

BATCH = 200
"""Works that are committed together at the most."""

db = SQLAlchemy(model_class=Base)


def init(app: Flask, url: str) -> None:
    """Gives the app its database and its writer."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {} if url.startswith("sqlite") else {"pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        engine = instrument(db.engine)
    app.extensions["reflections-writer"] = Writer(engine) if engine.dialect.name == "sqlite" else Single(engine)


def write(work: Callable[[Session], Result]) -> Result:
    """What ``work(session)`` gives, once it is committed. ``work`` may run twice; it never commits by itself."""
    result: Result = current_app.extensions["reflections-writer"].write(work)
    db.session.rollback()  # what this request reads from here on is what was just written
    return result


class Single:
    """Each work in a transaction of its own, where the database takes many writers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, work: Work) -> Any:
        return written(self._engine, work)


class Writer:
    """The one thread that writes to SQLite; it starts with the first work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, work: Work) -> Any:
        answer: Future[Any] = Future()
        self._waiting.put((work, answer))
        if self._thread is None:
            self._start()
        return answer.result()

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

    def _commit(self, batch: list[tuple[Work, Future[Any]]]) -> None:
        try:
            with writing(self._engine) as session:
                results = [work(session) for work, _ in batch]
        except Exception as failed:
            if len(batch) == 1:
                batch[0][1].set_exception(failed)
                return
            for one in batch:
                self._commit([one])
            return
        for (_, answer), result in zip(batch, results, strict=True):
            answer.set_result(result)
