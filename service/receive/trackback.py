"""``POST /trackback/<post id>``: TrackBack 1.2. The words that come along wait with the item; the link is verified as
every other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import webencodings
from flask import Blueprint, Response, request

from service.database import db
from service.languages import sentence, spoken
from service.model import Post
from service.receive import claim as claims
from service.receive import form
from service.receive.headers import ENDPOINT, METHODS, explain
from service.receive.intake import Intake
from service.values import clean
from service.values.reason import Refused
from service.values.state import Protocol

NAME = "trackback"
ALLOWED = "POST"

EXCERPT, CROPPED = 255, 252
"""Characters of the longest excerpt, and of what is kept of a longer one before its three dots."""

_LAST_ID = 2**31 - 1
_KEPT = frozenset({"wrong_method", "too_large", "busy", "no_space"})
"""What keeps its status; every other refusal is an answer of 200, as the specification has it."""


def register(room: Blueprint, intake: Intake, base_url: str) -> None:
    """Adds the route."""

    @room.route("/trackback/<post_id>", endpoint=NAME, methods=METHODS, provide_automatic_options=False)
    def trackback(post_id: str) -> Response:
        if request.method != "POST":
            raise Refused("wrong_method")
        fields = _fields()
        source, target = form.one(fields, "url"), _target(post_id)
        claim = claims.read(
            Protocol.TRACKBACK,
            source,
            target,
            received=datetime.now(UTC),
            sender=request.remote_addr or "",
            hints=_words(fields, source),
        )
        intake.receive(claim)
        return _xml("<error>0</error>", 200)


def refuse(refusal: Refused) -> Response:
    """``<error>1</error>`` with one sentence."""
    reason = refusal.reason
    words = escape(clean.text(sentence(reason, spoken())))
    status = reason.meaning.http if reason.code in _KEPT else 200
    return explain(_xml(f"<error>1</error>\n<message>{words}</message>", status), refusal, ALLOWED)


def _target(post_id: str) -> str:
    known = post_id.isascii() and post_id.isdigit() and len(post_id) <= 10 and int(post_id) <= _LAST_ID
    post = db.session.get(Post, int(post_id)) if known else None
    if post is None:
        raise Refused("unknown_post")
    return post.url


def _fields() -> form.Fields:
    """The form in the first encoding that it fits: what the header names, what the form names, UTF-8, else Latin 1."""
    for encoding in _encodings():
        try:
            return form.fields(encoding)
        except Refused as refusal:
            if refusal.reason.code != "bad_encoding":
                raise
    return form.fields("latin-1")


def _encodings() -> Iterator[str]:
    """Encodings of the web alone (WHATWG): UTF-7 and what else Python knows are no text of anybody's."""
    named = form.fields("latin-1").get("charset", [])
    for label in (request.mimetype_params.get("charset", ""), *named[:1]):
        encoding = webencodings.lookup(label)
        if encoding is not None:
            yield encoding.codec_info.name
    yield "utf-8"


def _words(fields: form.Fields, source: str) -> Mapping[str, str]:
    """What the sender says of his page, as lines of text; a page without a title is called by its address."""
    said = {name: clean.line(fields.get(name, [""])[0], EXCERPT * 2) for name in ("title", "excerpt", "blog_name")}
    if len(said["excerpt"]) > EXCERPT:
        said["excerpt"] = said["excerpt"][:CROPPED] + "..."
    said["title"] = said["title"] or source
    return {name: words for name, words in said.items() if words}


def _xml(content: str, status: int) -> Response:
    markup = f'<?xml version="1.0" encoding="utf-8"?>\n<response>\n{content}\n</response>\n'
    return Response(markup, status, ENDPOINT, content_type="text/xml; charset=utf-8")
