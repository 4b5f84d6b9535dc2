"""Who sends: the three protocols as their senders speak them, and the database as it stands afterwards."""

from __future__ import annotations

import xmlrpc.client
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update
from werkzeug.test import TestResponse

from service.model import Arrival, Base, Event, Post, Reflection
from service.model.engine import writing
from service.model.states import Step, step
from service.values.state import State

SOURCE = "https://sandra.example/2026/answer"
TARGET = "https://blog.example/post"

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
"""What Chromium and Firefox accept."""

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


def mention(client: FlaskClient, source: str = SOURCE, target: str = TARGET, **headers: str) -> TestResponse:
    """A webmention; ``_`` in a header's name stands for ``-``."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/webmention", data={"source": source, "target": target}, headers=given)


def ping(client: FlaskClient, source: str = SOURCE, target: str = TARGET) -> Any:
    """What a pingback gives: a string, or the fault's number."""
    return call(client, "pingback.ping", source, target)


def call(client: FlaskClient, method: str, *parameters: Any) -> Any:
    """What an XML-RPC call gives, read by the standard library; a fault is its number."""
    return outcome(client.post("/pingback", data=xmlrpc.client.dumps(parameters, method), content_type="text/xml"))


def outcome(answer: TestResponse) -> Any:
    """What an XML-RPC answer says; a fault is its number. Every answer is one of 200 in ``text/xml``."""
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/xml"
    try:
        values, _ = xmlrpc.client.loads(answer.data)
    except xmlrpc.client.Fault as fault:
        assert fault.faultString.endswith("."), "a fault is one sentence"
        return fault.faultCode
    (value,) = values
    return value


@dataclass(frozen=True)
class Tracked:
    """A trackback's answer: 0 or 1, and why."""

    error: int
    message: str


def track(client: FlaskClient, post: int, **fields: str) -> Tracked:
    """A trackback for the post of this id."""
    return tracked(client.post(f"/trackback/{post}", data=fields))


def tracked(answer: TestResponse, status: int = 200) -> Tracked:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "text/xml"
    response = ElementTree.fromstring(answer.data)
    assert response.tag == "response"
    return Tracked(int(response.findtext("error", "?")), response.findtext("message", ""))


class Stored:
    """The database as it is now."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def count(self, table: type[Base]) -> int:
        with writing(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def items(self) -> list[Reflection]:
        with writing(self.engine) as session:
            return list(session.scalars(select(Reflection).order_by(Reflection.id)))

    def item(self) -> Reflection:
        """The only one."""
        (only,) = self.items()
        return only

    def arrivals(self) -> list[Arrival]:
        with writing(self.engine) as session:
            return list(session.scalars(select(Arrival).order_by(Arrival.id)))

    def events(self) -> list[Event]:
        with writing(self.engine) as session:
            return list(session.scalars(select(Event).order_by(Event.id)))

    def posts(self) -> list[Post]:
        with writing(self.engine) as session:
            return list(session.scalars(select(Post).order_by(Post.id)))

    def change(self, table: type[Base], **values: Any) -> None:
        """Sets columns of every row."""
        with writing(self.engine) as session:
            session.execute(update(table).values(values))

    def becomes(self, *states: State, reason: str | None = None, ago: timedelta = timedelta()) -> None:
        """The only item goes through these states, as it would after a look, and nothing is due any more."""
        when = datetime.now(UTC) - ago
        for state in states:
            with writing(self.engine) as session:
                item = session.scalars(select(Reflection)).one()
                values = {"due_at": None, "checked": when, "reason": reason, "attempts": 1}
                assert step(session, item, Step(item.state, state, "worker", reason=reason, values=values), when)


@pytest.fixture
def stored(engine: Engine) -> Stored:
    """The database behind ``client``."""
    return Stored(engine)
