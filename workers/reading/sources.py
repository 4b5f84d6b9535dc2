"""Which kind of source a page is, and who reads it."""

from __future__ import annotations

from collections.abc import Sequence

from service.values import clean
from service.values.address import Address
from service.values.page import Failure, Page
from workers.reading import html_source, json_source, text_source
from workers.reading.reading import Verdict, failed
from workers.reading.wall import wall_of

MARKUP = frozenset({"text/html", "application/xhtml+xml"})


def judge(page: Page, targets: Sequence[Address]) -> Verdict | Failure:
    """Whether the page links to one of the targets, in time linear in its size; the rest is read on demand."""
    media_type = kind(page)
    if media_type in MARKUP:
        return _through_walls(page, html_source.judge(page, targets))
    if media_type == "application/json" or media_type.endswith("+json"):
        return json_source.judge(page, targets)
    if media_type == "text/plain":
        return text_source.judge(page, targets)
    return failed(page, "unsupported_type", type=clean.line(media_type, 80))


def _through_walls(page: Page, judged: Verdict | Failure) -> Verdict | Failure:
    """As it was judged; but what is missing on a bot wall is not missing on the page behind it."""
    if isinstance(judged, Verdict) or judged.reason.code != "no_link" or not (name := wall_of(page)):
        return judged
    return failed(page, "bot_wall", wall=name)


def kind(page: Page) -> str:
    """The page's media type, guessed where it names none."""
    return page.content_type or _guessed(page.body)


def _guessed(body: bytes) -> str:
    """The type of a page that names none: markup, if that is how it begins."""
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n\f")
    return "text/html" if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) else "text/plain"
