"""``GET /api/v1/thread``: the approved thread of a page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response

from service.database import db
from service.publish import answers, asked, published, rows
from service.publish.headers import API, FRESH, PREFLIGHT, Headers, transport
from service.publish.thread import Heading, Thread, as_json
from service.publish.view import View
from service.values.reason import Refused

PATH = "/api/v1/thread"


def register(room: Blueprint, base_url: str) -> None:
    """Adds the route; ``base_url`` is where the addresses of further pages begin."""
    common: Headers = (*API, *transport(base_url))

    @room.get(PATH, provide_automatic_options=False)
    def thread() -> Response:
        try:
            view, found = asked.view(), asked.find(db.session(), asked.url())
            made = _bytes(found, view, base_url)
        except Refused as refusal:
            return answers.refuse(refusal, common)
        headers = (("Content-Type", "application/json"), ("Cache-Control", FRESH), *common)
        return answers.give(made, headers, hold=found.post is not None and asked.holdable())

    @room.route(PATH, methods=["OPTIONS"])
    def thread_preflight() -> Response:
        return Response(status=204, headers=[*common, *PREFLIGHT])


def _bytes(found: asked.Found, view: View, base_url: str) -> published.Bytes:
    session = db.session()
    head = rows.heading(found.site, found.post, found.address)
    post = found.post
    if post is None:
        return published.pack(_render(Thread(head, {}, view=view), base_url))
    post_id = post.id
    return published.of(
        post,
        view.name,
        (head, base_url),
        lambda: _render(rows.thread(session, post_id, head, view), base_url),
        keep=view.usual,
    )


def _render(thread: Thread, base_url: str) -> bytes:
    return answers.json_bytes(as_json(thread, lambda view: address(base_url, thread.heading, view)))


def address(base_url: str, heading: Heading, view: View) -> str:
    """Where a view of the thread is."""
    return f"{base_url}{PATH}?{urlencode({'url': heading.url, **view.query})}"
