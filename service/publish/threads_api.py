"""``GET /api/v1/thread``: the approved thread of a page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response
from sqlalchemy import Connection

from service.database import db
from service.publish import answers, asked, pictures, published, rows
from service.publish.bytes import Bytes, plain
from service.publish.found import Found, find
from service.publish.headers import API, FRESH, PREFLIGHT, Headers, transport
from service.publish.thread import Heading, Places, Thread, as_json
from service.publish.view import View
from service.values.reason import Refused

PATH = "/api/v1/thread"


def register(room: Blueprint, base_url: str) -> None:
    """Adds the route; ``base_url`` is where the addresses of further pages begin."""
    common: Headers = (*API, *transport(base_url))

    @room.get(PATH, provide_automatic_options=False)
    def thread() -> Response:
        try:
            view, url = asked.view(), asked.url()
            with db.engine.connect() as connection:
                found = find(connection, url, view.name)
                made = _bytes(connection, found, view, base_url)
        except Refused as refusal:
            return answers.refuse(refusal, common)
        headers = (("Content-Type", "application/json"), ("Cache-Control", FRESH), *common)
        return answers.give(made, headers, hold=found.post is not None and asked.holdable())

    @room.route(PATH, methods=["OPTIONS"])
    def thread_preflight() -> Response:
        return Response(status=204, headers=[*common, *PREFLIGHT])


def _bytes(connection: Connection, found: Found, view: View, base_url: str) -> Bytes:
    post, heading = found.post, found.heading
    if post is None:
        return plain(_render(Thread(heading, {}, view=view), base_url))
    return published.of(
        found,
        view.name,
        (heading, base_url),
        lambda: _render(rows.thread(connection, post, heading, view), base_url),
        keep=view.usual,
    )


def _render(thread: Thread, base_url: str) -> bytes:
    places = Places(
        view=lambda view: address(base_url, thread.heading, view),
        picture=lambda name: f"{base_url}/{pictures.PATH.format(name)}",
    )
    return answers.json_bytes(as_json(thread, places))


def address(base_url: str, heading: Heading, view: View) -> str:
    """Where a view of the thread is."""
    return f"{base_url}{PATH}?{urlencode({'url': heading.url, **view.query})}"
