"""``GET /api/v1/counts``: how many approved items each of several pages has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from service.database import db
from service.model.post import ids
from service.model.site import Owner, owners
from service.publish import answers, asked, rows
from service.publish.bytes import plain
from service.publish.headers import API, FRESH, PREFLIGHT, Headers, transport
from service.publish.thread import counts_json
from service.values.address import Address, post_key
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
            counted = _counts(_urls())
        except Refused as refusal:
            return answers.refuse(refusal, common)
        made = plain(answers.json_bytes({"counts": counted.counts, "locales": counted.locales}))
        hold = counted.known and set(request.args) == {"url"}
        headers = (("Content-Type", "application/json"), ("Cache-Control", FRESH), *common)
        return answers.give(made.packed("gzip", "br") if hold else made, headers, hold=hold)

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


@dataclass(frozen=True, slots=True)
class Counted:
    """What is said of several pages, by their addresses as they were given."""

    counts: Mapping[str, Mapping[str, int]]
    """By kind; a page that nobody knows has none."""
    locales: Mapping[str, str]
    """The language of the page's site, as its thread says; pages of no site are left out."""
    known: bool
    """Whether one of them was ever named. Anybody can make up pages: what is said of those alone is not held."""


def _counts(urls: list[str]) -> Counted:
    session = db.session()
    sites = _sites(session, urls)
    places = {url: (site.id, post_key(address, site.slash_matters)) for url, (address, site) in sites.items()}
    posts = ids(session, set(places.values()))
    counted = rows.count(session.connection(), sorted(set(posts.values())))
    none: Mapping[str, int] = {}
    return Counted(
        {url: counts_json(counted.get(posts[places[url]], none) if places.get(url) in posts else none) for url in urls},
        {url: site.locale for url, (_, site) in sites.items()},
        known=bool(posts),
    )


def _sites(session: Session, urls: Sequence[str]) -> Mapping[str, tuple[Address, Owner]]:
    """The site that each address belongs to; what belongs to none is left out."""
    addresses = [asked.read(url) for url in urls]
    return {
        url: (address, owner)
        for url, address, owner in zip(urls, addresses, owners(session, addresses), strict=True)
        if owner is not None
    }
