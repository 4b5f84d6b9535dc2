"""Engines: a database server that says nothing is away, and is not waited for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Timer

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from service import database
from service.model.engine import create

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
