"""Engines: a database server that says nothing is away, and is not waited for; who writes gets his turn."""

from __future__ import annotations

import multiprocessing
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.synchronize import Event
from threading import Timer

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from service import database
from service.model.engine import create, writing

GIVES_UP = 20.0
"""Seconds after which the silent server ends by itself, so that no test hangs."""


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a PostgreSQL that takes every connection and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        end = Timer(GIVES_UP, listening.shutdown, [socket.SHUT_RDWR])
        end.start()
        yield f"postgresql+psycopg://nobody@127.0.0.1:{listening.getsockname()[1]}/nothing"
        end.cancel()


def of_a_command(url: str) -> Engine:
    return create(url)


def of_the_web_side(url: str) -> Engine:
    app = Flask("test")
    database.init(app, url)
    with app.app_context():
        return database.db.engine


@pytest.mark.parametrize("engine_on", [of_a_command, of_the_web_side])
def test_a_database_that_never_answers_is_away_after_seconds(silent: str, engine_on: Callable[[str], Engine]) -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError):
        engine_on(silent).connect()
    assert time.monotonic() - began < GIVES_UP / 2


WRITES, PAUSES = 0.06, 0.003
"""Seconds for which a busy worker holds the file, and for which it does not."""

TURNS = 12


def spend(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def write_all_the_time(url: str, begun: Event, over: Event) -> None:
    engine = create(url)
    while not over.is_set():
        with writing(engine) as session:
            session.execute(text("UPDATE site SET name = name"))
            begun.set()
            spend(WRITES)
        spend(PAUSES)


def test_who_writes_gets_his_turn_beside_one_that_writes_all_the_time(sqlite_url: str) -> None:
    begun, over, engine, chance = multiprocessing.Event(), multiprocessing.Event(), create(sqlite_url), random.Random(7)
    other = multiprocessing.Process(target=write_all_the_time, args=(sqlite_url, begun, over), daemon=True)
    other.start()
    assert begun.wait(20)
    waited = list[float]()
    try:
        for _ in range(TURNS):
            spend(chance.uniform(0, WRITES))
            asked = time.monotonic()
            with writing(engine) as session:
                session.execute(text("UPDATE site SET name = name"))
            waited.append(time.monotonic() - asked)
    finally:
        over.set()
        other.join(20)
    assert max(waited) < 2
