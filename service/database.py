"""Flask-SQLAlchemy's ``db``, which reads, and :func:`write`, which alone writes in a web process.

An answer that says "taken" is given after the commit. On SQLite one thread writes for all: it takes whatever waits
and commits it together, so a slow disk flushes once for many; and what is of one :class:`Kind` is done together, so
a statement serves many too. If such a batch fails, each of its works runs on its own: therefore a work may run twice,
and must not mind.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.model import Base
from service.model.engine import instrument, options, writing, written

Asked = TypeVar("Asked")
Result = TypeVar("Result")

BATCH = 200
"""Works that are committed together at the most."""

GATHER, ROUNDS = 0.002, 5
"""After a batch of several the next waits so many seconds for more, and again while more come, so often at the most:
where many write, many more are about to, and a statement and a flush for all of them cost as much as for one."""

LATER = 0.05
"""Seconds that a work nobody waits for gives others to come along."""

log = structlog.get_logger()

db = SQLAlchemy(model_class=Base)


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Asked, Result]):
    """How works of one kind are done: many at once, or one. For each there is a result in its place, or the exception
    that is raised to whoever asked for it, and to nobody else."""

    write: Callable[[Session, Sequence[Any]], Sequence[Result | Exception]]
    """Does what was admitted; may run twice, and never commits by itself."""
    admit: Callable[[Sequence[Asked]], Sequence[Any]] = tuple
    """What comes before the transaction, once: gives what ``write`` is given."""


_ALONE: Kind[Callable[[Session], Any], Any] = Kind(lambda session, works: [work(session) for work in works])


def init(app: Flask, url: str) -> None:
    """Gives the app its database and its writer."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options(url)
    db.init_app(app)
    with app.app_context():
        engine = instrument(db.engine)
    behind = app.extensions["reflections-writer-behind"] = Writer(engine)
    app.extensions["reflections-writer"] = behind if engine.dialect.name == "sqlite" else Single(engine)


def write(work: Callable[[Session], Result], patience: float | None = None) -> Result:
    """What ``work(session)`` gives, once it is committed. ``work`` may run twice; it never commits by itself.

    Who has no more than ``patience`` seconds is told ``TimeoutError`` or ``OperationalError`` then; where the work
    had begun, it may be committed all the same.
    """
    result: Result = write_one(_ALONE, work, patience)
    return result


def write_one(kind: Kind[Asked, Result], asked: Asked, patience: float | None = None) -> Result:
    """The same for a work of a kind that is done together with others of it."""
    result: Result = current_app.extensions["reflections-writer"].write(kind, asked, patience)
    let_go()  # what this request reads from here on is what was just written
    return result


def write_later(kind: Kind[Asked, Any], asked: Asked, otherwise: str) -> None:
    """Has a work done by the writing thread, and waits for nothing. It may be lost: where the process ends before, the
    database fails (``otherwise`` is said in the log then), or too many wait.
    """
    current_app.extensions["reflections-writer-behind"].later(kind, asked, otherwise)


def let_go() -> None:
    """Ends what this request reads, and gives its connection back: who waits for a second one should hold none."""
    if db.session.registry.has():
        db.session.rollback()


class Single:
    """Each work in a transaction of its own, where the database takes many writers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, kind: Kind[Any, Any], asked: Any, patience: float | None = None) -> Any:
        admitted = [_raised(one) for one in kind.admit([asked])]

        def work(session: Session) -> Sequence[Any]:
            if patience is not None:
                session.execute(text(f"SET LOCAL lock_timeout = {int(patience * 1000)}"))
            return kind.write(session, admitted)

        (result,) = written(self._engine, work)
        return _raised(result)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A work, and whoever waits for it."""

    kind: Kind[Any, Any]
    asked: Any
    answer: Future[Any]
    until: float = 0.0
    """Until when it may wait for others (``time.monotonic``)."""

    def wanted(self) -> bool:
        """Whether its asker still waits; from now on he does."""
        return self.answer.running() or self.answer.set_running_or_notify_cancel()

    def tell(self, result: Any) -> None:
        if not self.wanted():
            return
        if isinstance(result, Exception):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Writer:
    """The one thread that writes to SQLite, and elsewhere what nobody waits for; it starts with the first work."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many works wait for their batch."""
        return self._waiting.qsize()

    def write(self, kind: Kind[Any, Any], asked: Any, patience: float | None = None) -> Any:
        answer = self._put(kind, asked)
        try:
            return answer.result(patience)
        finally:
            answer.cancel()  # nobody waits for it any more

    def later(self, kind: Kind[Any, Any], asked: Any, otherwise: str) -> None:
        if self.waiting >= BATCH:
            return  # what waits takes memory for as long as the database is locked

        def told(answer: Future[Any]) -> None:
            if (failed := answer.exception()) is not None:
                log.warning(otherwise, error=str(getattr(failed, "orig", failed)))

        self._put(kind, asked, time.monotonic() + LATER).add_done_callback(told)

    def _put(self, kind: Kind[Any, Any], asked: Any, until: float = 0.0) -> Future[Any]:
        answer: Future[Any] = Future()
        self._waiting.put(_Waiting(kind, asked, answer, until))
        if self._thread is None:
            self._start()
        return answer

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        batch: list[_Waiting] = []
        while True:
            several = len(batch) > 1
            batch = [self._waiting.get()]
            if several:
                self._gather()
            self._fill(batch)
            self._commit(_admitted(batch))

    def _fill(self, batch: list[_Waiting]) -> None:
        """Takes what waits besides; where nobody waits for any of it, what comes within a moment too."""
        until = batch[0].until
        while len(batch) < BATCH:
            left = until - time.monotonic()
            try:
                batch.append(self._waiting.get(left > 0, max(left, 0.0)))
            except queue.Empty:
                return
            until = min(until, batch[-1].until)

    def _gather(self) -> None:
        before = -1
        for _ in range(ROUNDS):
            if before == (before := self.waiting):
                return
            time.sleep(GATHER)

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        try:
            with writing(self._engine) as session:
                batch = [one for one in batch if one.wanted()]
                told = [
                    (one, result)
                    for kind, works in _kinds(batch)
                    for one, result in zip(works, kind.write(session, [one.asked for one in works]), strict=True)
                ]
        except Exception as failed:
            batch = [one for one in batch if one.wanted()]
            if len(batch) > 1 and not isinstance(failed, OperationalError):
                for one in batch:
                    self._commit([one])
                return
            # Locked, full or read-only is so for all of them: one after the other they would wait for minutes.
            told = [(one, failed) for one in batch]
        for one, result in told:
            one.tell(result)


def _admitted(batch: Sequence[_Waiting]) -> Sequence[_Waiting]:
    """Those that go on; the others are told why not, and wait for no disk."""
    going_on = []
    for kind, works in _kinds(batch):
        try:
            admitted = kind.admit([one.asked for one in works])
        except Exception as failed:
            admitted = [failed] * len(works)
        for one, ready in zip(works, admitted, strict=True):
            if isinstance(ready, Exception):
                one.tell(ready)
            else:
                one.asked = ready
                going_on.append(one)
    return going_on


def _kinds(batch: Iterable[_Waiting]) -> Iterable[tuple[Kind[Any, Any], Sequence[_Waiting]]]:
    kinds: dict[Kind[Any, Any], list[_Waiting]] = {}
    for one in batch:
        kinds.setdefault(one.kind, []).append(one)
    return kinds.items()


def _raised(result: Any) -> Any:
    if isinstance(result, Exception):
        raise result
    return result
