"""Which kind of source a page is, and who reads it."""

from __future__ import annotations

from collections.abc import Sequence

from service.values import clean
from service.values.address import Address
from service.values.page import Failure, Page
from workers.reading import html_source, json_source, text_source
from workers.reading.reading import Verdict, failed

_MARKUP = frozenset({"text/html", "application/xhtml+xml"})


def judge(page: Page, targets: Sequence[Address]) -> Verdict | Failure:
    """Whether the page links to one of the targets, in time linear in its size; the rest is read on demand."""
    kind = page.content_type or _guessed(page.body)
    if kind in _MARKUP:
        return html_source.judge(page, targets)
    if kind == "application/json" or kind.endswith("+json"):
        return json_source.judge(page, targets)
    if kind == "text/plain":
        return text_source.judge(page, targets)
    return failed(page, "unsupported_type", type=clean.line(kind, 80))


def _guessed(body: bytes) -> str:
    """The type of a page that names none: markup, if that is how it begins."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n\f")
    return "text/html" if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) else "text/plain"
