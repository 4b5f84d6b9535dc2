"""``database_url``, ``engine`` and ``app`` on what is kept (``tests.support.kept``): for a room's ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from config.settings import Settings
from tests.support.kept import Kept

__all__ = ["app", "database_url", "engine"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty migrated database, once on each."""
    kept: Kept = request.getfixturevalue(f"kept_{request.param}")
    kept.empty()
    return kept.url


@pytest.fixture
def engine(kept: Kept) -> Engine:
    """An engine on it that knows its statements."""
    return kept.engine


@pytest.fixture
def app(kept: Kept, settings: Settings, ping_seconds: float) -> Iterator[Flask]:
    """The web side without its door, on either database."""
    of, app = kept.take(settings, ping_seconds)
    yield app
    kept.give_back(of, app)
