"""``GET /embed``: the same thread as a plain page, for a frame, a link, or a reader without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Blueprint, Response, render_template
from sqlalchemy import Connection

from service.database import db
from service.languages import gettext, resolve, sentence, speaking, spoken
from service.languages.speech import unfilled
from service.publish import answers, asked, published, rows
from service.publish.bytes import Bytes, plain
from service.publish.found import Found, bases, find
from service.publish.headers import EVERYWHERE, FRESH, Headers, page, transport
from service.publish.pictures import PATH
from service.publish.thread import Heading, Thread
from service.publish.view import View
from service.publish.widget import STYLE
from service.values.address import parse
from service.values.reason import Refused

HTML = ("Content-Type", "text/html; charset=utf-8")


class When(NamedTuple):
    """A time for machines and for readers."""

    machine: str
    reader: str


def register(room: Blueprint, base_url: str) -> None:
    """Adds the route."""
    common: Headers = transport(base_url)

    @room.get("/embed")
    def embed() -> Response:
        try:
            theme = asked.choice("theme", "auto", "light", "dark")
            view, url = asked.view(), asked.url()
            with db.engine.connect() as connection:
                found = find(connection, url, f"embed-{theme}-{view.name}")
                origins = dict.fromkeys(base.origin for base in bases(connection, found.site))
                made = _bytes(connection, found, view, theme)
        except Refused as refusal:
            return _refuse(refusal, common)
        headers = (HTML, ("Cache-Control", FRESH), *page(origins), *common)
        return answers.give(made, headers, hold=found.post is not None and asked.holdable())


def _bytes(connection: Connection, found: Found, view: View, theme: str) -> Bytes:
    post, heading = found.post, found.heading
    if post is None:
        return plain(_page(Thread(heading, {}, view=view), theme))
    return published.of(
        found,
        f"embed-{theme}-{view.name}",
        (heading, STYLE),
        lambda: _page(rows.thread(connection, post, heading, view), theme),
        keep=view.usual,
    )


def _page(thread: Thread, theme: str) -> bytes:
    with speaking(thread.heading.locale) as locale:
        markup = render_template(
            "publish/embed.html",
            thread=thread,
            heading=_heading(thread, locale),
            theme=theme,
            locale=locale,
            direction=Locale.parse(locale, sep="-").text_direction,
            style=f"embed/{STYLE}.css",
            host=_host,
            initials=_initials,
            picture=PATH.format,
            when=_when,
            link=lambda view: _link(thread.heading, view, theme),
        )
    return markup.encode("utf-8", "xmlcharrefreplace")


def _refuse(refusal: Refused, common: Headers) -> Response:
    """One sentence, in a page that nobody may frame."""
    markup = render_template(
        "publish/refused.html",
        sentence=sentence(refusal.reason, spoken()),
        locale=spoken(),
        style=f"embed/{STYLE}.css",
    )
    headers = [HTML, ("Cache-Control", "no-store"), *EVERYWHERE, *page(()), *common]
    return Response(markup, answers.status_of(refusal), headers)


def _heading(thread: Thread, locale: str) -> str:
    number, title = thread.total, thread.heading.title
    if number == 0:
        return gettext("widget.empty")
    key = "widget.heading" if title else "widget.count"
    counted = format_decimal(number, locale=resolve(locale).replace("-", "_"))
    return unfilled(key, key, number) % {"count": counted, "title": title}


def _link(heading: Heading, view: View, theme: str) -> str:
    chosen = {"theme": theme} if theme != "auto" else {}
    return "embed?" + urlencode({"url": heading.url, **view.query, **chosen})


def _host(url: str) -> str:
    return parse(url, longest=None).host.removeprefix("www.")


def _initials(name: str) -> str:
    """The first letters of the first word and the last."""
    letters = [next(filter(str.isalnum, word), "") for word in name.split()]
    return "".join(letters[:1] + letters[1:][-1:]).upper()


def _when(published: str | None, received: datetime) -> When:
    """The time that the source gave, where it can be read; else when it came."""
    try:
        when = datetime.fromisoformat(published) if published else received
    except ValueError:
        when, published = received, None
    day = format_date(when.date(), format="long", locale=spoken().replace("-", "_"))
    return When(published or received.astimezone(UTC).isoformat(timespec="seconds"), day)
