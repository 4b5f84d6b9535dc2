"""How the tests ask for what is public."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.values.state import State

HIDDEN = tuple(state for state in State if state is not State.APPROVED)
"""States that nobody but a moderator may notice."""


def ask(client: FlaskClient, path: str, *pairs: tuple[str, str], **query: object) -> TestResponse:
    return client.get(f"{path}?{urlencode([*pairs, *query.items()])}")


def thread(client: FlaskClient, url: str, **query: object) -> dict[str, Any]:
    answer = ask(client, "/api/v1/thread", url=url, **query)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json
    return made


def follow(client: FlaskClient, address: str) -> dict[str, Any]:
    """What is at an address that an answer names."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json
    return made


def texts(items: list[dict[str, Any]]) -> list[str]:
    return [item["content"]["text"] for item in items]
