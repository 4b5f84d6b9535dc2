"""The widget: ``/widget.js``, the languages it fetches when they are used, and the style that the embedded page shares.

What stands here as ``widget.js`` and ``embed.css`` is made by ``npm run build`` from ``source/`` and committed, so that
nobody needs Node to run the service.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Response, abort, request

from service.languages import DEFAULT, locales, words
from service.languages.widget import edition
from service.publish import answers
from service.publish.bytes import Bytes, plain
from service.publish.headers import FILE, FOR_EVER, SCRIPT_AGE, Headers, transport

FOLDER = Path(__file__).parent

STYLE = hashlib.sha256((FOLDER / "embed.css").read_bytes()).hexdigest()[:12]
"""The name of the style sheet in its present form."""

PLACEHOLDER = b'"@service@"'
"""Where the script says what it has to know of the service (``source/service.ts``)."""


def register(room: Blueprint, base_url: str) -> None:
    """Adds the routes. The files are read and compressed once, here."""
    common: Headers = (*FILE, *transport(base_url))
    widget_script = _packed(script(base_url))
    style = _packed((FOLDER / "embed.css").read_bytes())
    languages = {locale: _packed(answers.json_bytes(words(locale))) for locale in locales()}

    @room.get("/widget.js")
    def widget() -> Response:
        kind = ("Content-Type", "text/javascript; charset=utf-8")
        return answers.give(widget_script, (kind, ("Cache-Control", SCRIPT_AGE), *common), hold=not request.args)

    @room.get("/widget/<wanted>/<locale>.json")
    def widget_words(wanted: str, locale: str) -> Response:
        if locale not in languages:
            abort(404)
        present = wanted == edition()
        headers = (("Content-Type", "application/json"), _age(present), *common)
        return answers.give(languages[locale], headers, hold=present and not request.args)

    @room.get("/embed/<wanted>.css")
    def embed_style(wanted: str) -> Response:
        present = wanted == STYLE
        headers = (("Content-Type", "text/css; charset=utf-8"), _age(present), *common)
        return answers.give(style, headers, hold=present and not request.args)


def script(base_url: str) -> bytes:
    """The script of the service at ``base_url``: it knows where to ask, and the words in English."""
    said = {"base": base_url, "edition": edition(), "locales": locales(), "words": words(DEFAULT)}
    return (FOLDER / "widget.js").read_bytes().replace(PLACEHOLDER, answers.json_bytes(said))


def _packed(body: bytes) -> Bytes:
    return plain(body).packed("gzip", "br")


def _age(present: bool) -> tuple[str, str]:
    """For ever under the name of the present form; a page that still has an older name gets the present form too."""
    return ("Cache-Control", FOR_EVER if present else SCRIPT_AGE)
