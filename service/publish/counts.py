"""``GET /api/v1/counts``: how many approved items each of several pages has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from service.database import db
from service.model.post import ids
from service.model.site import owners
from service.publish import answers, asked, published, rows
from service.publish.headers import API, FRESH, PREFLIGHT, Headers, transport
from service.publish.thread import counts_json
from service.values.address import post_key
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
    places = _places(session, urls)
    posts = ids(session, set(places.values()))
    counted = rows.count(session, sorted(set(posts.values())))
    none: Mapping[str, int] = {}
    return {
        url: counts_json(counted.get(posts[places[url]], none) if places.get(url) in posts else none) for url in urls
    }


def _places(session: Session, urls: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Site and key of the post that each address means; what belongs to no site is left out."""
    addresses = [asked.read(url) for url in urls]
    return {
        url: (owner.id, post_key(address, owner.slash_matters))
        for url, address, owner in zip(urls, addresses, owners(session, addresses), strict=True)
        if owner is not None
    }
