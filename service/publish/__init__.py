"""What is approved goes out: threads and counts as JSON, the widget, and the thread as a page of its own."""

from __future__ import annotations

from flask import Blueprint

from service.publish import counts, embed, pictures, threads_api, widget


def blueprint(base_url: str) -> Blueprint:
    """The public reads of the service at ``base_url`` (without a slash at its end)."""
    room = Blueprint("publish", __name__, template_folder="templates")
    for part in (threads_api, counts, embed, pictures, widget):
        part.register(room, base_url.rstrip("/"))
    return room
