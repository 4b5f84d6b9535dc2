"""Form bodies, read strictly: Werkzeug puts U+FFFD where the text is not what it claims, and counts no fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import request

from service.values.reason import Refused

LARGEST = 1024 * 1024
"""Bytes of a body. The door holds back larger ones already; this is for whoever stands here without it."""

MOST_FIELDS = 100

FORM = "application/x-www-form-urlencoded"

Fields = Mapping[str, list[str]]


def body() -> bytes:
    """The request's body; 413 where it is larger than :data:`LARGEST`."""
    request.max_content_length = LARGEST
    return request.get_data(cache=True)


def fields(encoding: str = "utf-8") -> Fields:
    """Every field of the form with its values, in order.

    Raises :class:`Refused`: ``wrong_type``, ``bad_encoding``, and ``too_large`` past :data:`MOST_FIELDS`.
    """
    if request.mimetype != FORM:
        raise Refused("wrong_type")
    # Whatever is not ASCII is a byte of the text, whether the sender escaped it or not.
    text = re.sub(rb"[\x80-\xff]", lambda raw: b"%%%02X" % raw[0][0], body()).decode("ascii")
    if text.count("&") >= MOST_FIELDS:
        raise Refused("too_large")
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, encoding=encoding, errors="strict"):
            found.setdefault(name, []).append(value)
    except UnicodeError:
        raise Refused("bad_encoding") from None
    return found


def one(form: Fields, name: str) -> str:
    """The one value of a field; :class:`Refused` where it is missing, empty, or there twice."""
    values = form.get(name, [])
    if len(values) > 1:
        raise Refused("repeated_parameter", parameter=name)
    if not values or not values[0]:
        raise Refused("missing_parameter", parameter=name)
    return values[0]
