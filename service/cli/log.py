"""Log lines: on standard error, one line each, whatever a stranger put into what is logged (CWE-117)."""

from __future__ import annotations

import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

import structlog

LONGEST = 4000
"""Characters of the longest line."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """The text on one line of bounded length, control and bidi characters escaped."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text[:LONGEST])


class Line(logging.Formatter):
    """A record as one line: time in UTC, level, what happened, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = record.getMessage()
        if record.exc_info:
            said += " " + self.formatException(record.exc_info)
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return one_line(f"{moment} {record.levelname.lower()} {said}")


SETTINGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": Line}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "_granian": {"level": "WARNING"},
        "granian.access": {"level": "CRITICAL"},
        "rq": {"level": "WARNING"},
        "alembic": {"level": "WARNING"},
    },
}
"""For ``logging.config.dictConfig``."""


def begin() -> None:
    """Let everything in this process log that way."""
    logging.config.dictConfig(SETTINGS)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.processors.format_exc_info, _said],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _said(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    what = str(event.pop("event"))
    return " ".join([what, *(f"{key}={value}" for key, value in event.items())])
