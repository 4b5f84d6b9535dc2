"""The one way in which a web process writes: committed before the answer, together, and each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service import database
from service.model import Host


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = Flask("test")
    database.init(app, database_url)
    yield app
    with app.app_context():
        database.db.engine.dispose()


def add(name: str) -> str:
    def work(session: Session) -> str:
        session.add(Host(name=name))
        session.flush()
        return name

    return database.write(work)


def hosts() -> int:
    return database.db.session.scalar(select(func.count()).select_from(Host)) or 0


def test_what_was_written_is_read_at_once(app: Flask) -> None:
    with app.app_context():
        assert hosts() == 0
        assert add("one.example") == "one.example"
        assert hosts() == 1


def test_of_many_that_write_at_once_the_wrong_ones_alone_fail(app: Flask) -> None:
    def one(number: int) -> str:
        with app.app_context():
            try:
                return add(f"host-{number % 50}.example")
            except Exception as failed:
                return type(failed).__name__

    with ThreadPoolExecutor(16) as many:
        answers = list(many.map(one, range(100)))
    assert answers.count("IntegrityError") == 50
    with app.app_context():
        assert hosts() == 50


@pytest.mark.parametrize(("times", "answer"), [(2, "1.example"), (3, "OperationalError")])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_database_gives_up_for_others_is_tried_three_times(app: Flask, times: int, answer: str) -> None:
    """The first of all tries end as in a deadlock; a sequence remembers how many, whatever is rolled back."""
    with app.app_context():
        with database.db.engine.begin() as connection:
            connection.execute(text("CREATE SEQUENCE tries"))
            connection.execute(
                text(f"""
                CREATE FUNCTION crowd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF nextval('tries') <= {times} THEN
                    RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
                  END IF;
                  RETURN NEW;
                END $$
                """)
            )
            connection.execute(text("CREATE TRIGGER crowd BEFORE INSERT ON host FOR EACH ROW EXECUTE FUNCTION crowd()"))
        try:
            assert add("1.example") == answer
        except OperationalError as failed:
            assert type(failed).__name__ == answer
        database.db.session.rollback()
        assert hosts() == (answer == "1.example")
        assert database.db.session.scalar(text("SELECT last_value FROM tries")) == 3


def test_a_write_does_not_wait_for_a_reader(app: Flask) -> None:
    with app.app_context():
        assert hosts() == 0
        with ThreadPoolExecutor(1) as other:
            other.submit(lambda: app.app_context().__enter__() and add("one.example")).result(timeout=5)
        database.db.session.rollback()
        assert hosts() == 1


def test_an_embedded_database_is_kept_with_care(sqlite_url: str, tmp_path: Path) -> None:
    app = Flask("test")
    database.init(app, sqlite_url)
    with app.app_context(), database.db.engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
