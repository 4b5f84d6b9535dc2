"""``GET /pictures/<hash>.webp``: our own copies of authors' pictures, those that an approved item shows.

The address changes with the bytes, so a browser keeps them for a year; what stands in front of us asks again after a
second, as it does for threads, so that a picture that was taken down with its item is given by nobody.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from service.database import db
from service.model import picture
from service.publish import answers
from service.publish.bytes import Bytes
from service.publish.headers import FOR_EVER, PICTURE, Headers, transport
from service.values.portrait import MEDIA_TYPE

PATH = "pictures/{}.webp"


def register(room: Blueprint, base_url: str) -> None:
    """Adds the route."""
    headers: Headers = (
        ("Content-Type", MEDIA_TYPE),
        ("Cache-Control", f"{FOR_EVER}, s-maxage=1"),
        *PICTURE,
        *transport(base_url),
    )

    @room.get("/pictures/<name>.webp")
    def picture_of_an_author(name: str) -> Response:
        body = picture.read_public(db.session(), name)
        if body is None:
            abort(404)
        return answers.give_packed(Bytes(f'"{name}"', body), headers, hold=not request.args)
