"""Works of one kind are done together: each is told its own, and none suffers for another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.database import Kind, Single, Writer
from service.model import Host
from service.model.engine import create
from tests.support.waiting import until


class Naming:
    """A kind of work that adds hosts, and remembers in which lots it was done."""

    def __init__(self) -> None:
        self.lots: list[Sequence[str]] = []
        self.kind: Kind[str, str] = Kind(self.write, self.admit)

    def admit(self, names: Sequence[str]) -> Sequence[str | Exception]:
        return [ValueError("unwelcome") if name == "unwelcome" else name for name in names]

    def write(self, session: Session, names: Sequence[str]) -> Sequence[str | Exception]:
        self.lots.append(names)
        session.add_all([Host(name=name) for name in names if name != "refused"])
        session.flush()
        return [LookupError("refused") if name == "refused" else name.upper() for name in names]


def asked_at_once(engine: Engine, kind: Kind[str, str], names: Sequence[str]) -> list[str]:
    """What each is told that comes while the writer is at something else: a result, or an exception's name."""
    writer = Writer(engine)
    begun, go_on = threading.Event(), threading.Event()

    def busy(_session: Session, _asked: Sequence[str]) -> Sequence[str]:
        begun.set()
        go_on.wait(10)
        return [""]

    def ask(name: str) -> str:
        try:
            return str(writer.write(kind, name))
        except Exception as failed:
            return type(failed).__name__

    with ThreadPoolExecutor(len(names) + 1) as many:
        many.submit(writer.write, Kind(busy), "")
        begun.wait(10)
        waiting = [many.submit(ask, name) for name in names]
        until(lambda: writer.waiting == len(names), 10, "not all have asked")
        go_on.set()
        return [one.result() for one in waiting]


def hosts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Host.name).order_by(Host.name)))


def test_what_waits_is_done_in_one_go_and_each_is_told_its_own(sqlite_url: str) -> None:
    naming, engine = Naming(), create(sqlite_url)
    told = asked_at_once(engine, naming.kind, ["a.example", "unwelcome", "refused", "b.example"])
    assert told == ["A.EXAMPLE", "ValueError", "LookupError", "B.EXAMPLE"]
    assert [sorted(lot) for lot in naming.lots] == [["a.example", "b.example", "refused"]]
    assert hosts(engine) == ["a.example", "b.example"]


def test_of_a_lot_that_fails_each_is_done_by_itself(sqlite_url: str) -> None:
    naming, engine = Naming(), create(sqlite_url)
    told = asked_at_once(engine, naming.kind, ["a.example", "twice.example", "twice.example", "b.example"])
    assert sorted(told) == ["A.EXAMPLE", "B.EXAMPLE", "IntegrityError", "TWICE.EXAMPLE"]
    assert hosts(engine) == ["a.example", "b.example", "twice.example"]


def test_who_waits_takes_along_what_nobody_waits_for(sqlite_url: str) -> None:
    naming, engine = Naming(), create(sqlite_url)
    writer, names = Writer(engine), [f"{number}.example" for number in range(20)]
    for name in names:
        writer.later(naming.kind, name, "lost")
    assert writer.write(naming.kind, "urgent.example") == "URGENT.EXAMPLE"
    assert hosts(engine) == sorted([*names, "urgent.example"])
    assert len(naming.lots) < len(names)


def test_what_fails_before_the_writing_is_told_and_the_writer_goes_on(sqlite_url: str) -> None:
    naming, engine = Naming(), create(sqlite_url)
    writer = Writer(engine)

    def broken(_asked: Sequence[str]) -> Sequence[str]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        writer.write(Kind(naming.write, broken), "a.example")
    assert writer.write(naming.kind, "b.example") == "B.EXAMPLE"
    assert hosts(engine) == ["b.example"]


def test_one_alone_is_told_the_same_where_there_is_no_line(engine: Engine) -> None:
    naming, single = Naming(), Single(engine)
    assert single.write(naming.kind, "a.example") == "A.EXAMPLE"
    with pytest.raises(ValueError, match="unwelcome"):
        single.write(naming.kind, "unwelcome")
    with pytest.raises(LookupError, match="refused"):
        single.write(naming.kind, "refused")
    assert hosts(engine) == ["a.example"]
