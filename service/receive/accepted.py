"""What a client wants to read, by its ``Accept`` header (RFC 9110 12.5.1)."""

from __future__ import annotations

from flask import request

JSON = "application/json"
HTML = "text/html"


def prefers_html() -> bool:
    """Whether HTML is what it likes best; who takes anything is a machine."""
    accept = request.accept_mimetypes
    return accept[HTML] > accept[JSON]


def is_browser() -> bool:
    """Whether a person's browser sends a form: every one of them asks for XHTML too. A program that merely prefers
    HTML is none, and is answered as a program."""
    return prefers_html() and "application/xhtml+xml" in request.accept_mimetypes.values()


def names_json() -> bool:
    """Whether it names JSON, and likes neither text nor HTML better."""
    accept = request.accept_mimetypes
    return JSON in accept.values() and 0 < accept[JSON] >= max(accept["text/plain"], accept[HTML])
