"""The record as files: CSV that a spreadsheet can open without running anything, and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from service.moderate import telling
from service.moderate.record.lines import Line

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With what a cell begins that a spreadsheet takes for a formula, or trims until it is one (OWASP, CSV injection)."""

MARK = "\ufeff"
"""By which a spreadsheet knows that a file is UTF-8."""

COLUMNS = (
    "event", "at", "by", "site", "post", "post_title", "item", "title", "source", "from", "to", "seen", "reason",
    "sentence", "batch",
)  # fmt: skip


def row(line: Line) -> Mapping[str, Any]:
    """The step, as it is told to programs."""
    event = line.event
    return {
        "event": event.id,
        "at": telling.rfc3339(event.at),
        "by": event.by,
        "site": line.site,
        "post": line.post_url,
        "post_title": line.post_title,
        "item": line.uid,
        "title": line.title,
        "source": line.source,
        "from": event.came_from.value,
        "to": event.went_to.value,
        "seen": event.seen,
        "reason": event.words or event.reason,
        "sentence": telling.reason(event),
        "batch": line.batch,
    }


def as_csv(pages: Iterator[Sequence[Line]]) -> Iterator[bytes]:
    """RFC 4180, with a head; a piece for each page of lines."""
    yield (MARK + ",".join(COLUMNS) + "\r\n").encode()
    for lines in pages:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        for line in lines:
            writer.writerow([cell(value) for value in row(line).values()])
        yield text.getvalue().encode()


def as_json(pages: Iterator[Sequence[Line]]) -> Iterator[bytes]:
    """An object on each line; a piece for each page of lines."""
    for lines in pages:
        yield "".join(json.dumps(row(line), ensure_ascii=False) + "\n" for line in lines).encode()


def cell(value: Any) -> str:
    """A value that is only that in a spreadsheet too."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(RUNS) else text


FORMS = MappingProxyType({
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_json, "application/jsonl; charset=utf-8"),
})  # fmt: skip
"""The end of a file's name: what makes it, and its media type."""
