"""The first owner: made on the first start, his password shown once, on this machine's terminal alone."""

from __future__ import annotations

from datetime import UTC, datetime

from config.settings import Settings
from service.model.engine import create, written
from service.people import moderators


def first_owner(settings: Settings) -> tuple[str, str] | None:
    """His name and password, if there was nobody yet; else nothing."""
    engine = create(settings.database)
    try:
        return written(engine, lambda session: moderators.first_owner(session, datetime.now(UTC)))
    finally:
        engine.dispose()
