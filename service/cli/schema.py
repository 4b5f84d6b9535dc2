"""What serves starts on a database of this release, and waits for one that is away."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from service.cli import first_line
from service.migrations import require

logger = structlog.get_logger()


def check_schema(settings: Settings) -> None:
    """Passes where the database is of this release or, just now, nobody knows: what serves waits until it is back.

    Raises :class:`service.migrations.WrongDatabase` otherwise.
    """
    try:
        require(settings.database)
    except OperationalError as away:
        logger.warning("the database is away; this process waits for it", error=first_line(away.orig))
