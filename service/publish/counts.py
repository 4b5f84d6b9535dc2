"""``GET /api/v1/counts``: how many approved items each of several pages has."""

from __future__ import annotations

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from service.database import db
from service.publish import answers, asked, published, rows
from service.publish.headers import API, FRESH, PREFLIGHT, Headers, transport
from service.publish.thread import counts_json
from service.values.reason import Refused

PATH = "/api/v1/counts"
MOST = 100
"""Addresses in one request."""


def register(room: Blueprint, base_url: str) -> None:
    """Adds the route."""
    common: Headers = (*API, *transport(base_url))

    @room.get(PATH, provide_automatic_options=False)
    def counts() -> Response:
        try:
            body = answers.json_bytes({"counts": _counts(_urls())})
        except Refused as refusal:
            return answers.refuse(refusal, common)
        headers = (("Content-Type", "application/json"), ("Cache-Control", FRESH), *common)
        return answers.give(published.pack(body), headers, hold=set(request.args) == {"url"})

    @room.route(PATH, methods=["OPTIONS"])
    def counts_preflight() -> Response:
        return Response(status=204, headers=[*common, *PREFLIGHT])


def _urls() -> list[str]:
    urls = request.args.getlist("url")
    if not urls:
        raise Refused("missing_parameter", parameter="url")
    if len(urls) > MOST:
        raise Refused("invalid_parameter", parameter="url")
    return urls


def _counts(urls: list[str]) -> dict[str, dict[str, int]]:
    """By the addresses as they were given; a page that nobody knows has none."""
    session = db.session()
    posts = {url: _post_id(session, url) for url in urls}
    counted = rows.count(session, sorted({post for post in posts.values() if post is not None}))
    return {url: counts_json(counted.get(post, {}) if post is not None else {}) for url, post in posts.items()}


def _post_id(session: Session, url: str) -> int | None:
    try:
        post = asked.find(session, url).post
    except Refused as refusal:
        if refusal.reason.code != "unknown_site":
            raise
        return None
    return post.id if post is not None else None
