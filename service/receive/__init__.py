"""A request becomes a claim: pingback, webmention, trackback, and what became of it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from service.bell import Bell
from service.limits import Limits
from service.receive import pingback, refusals, status, trackback, webmention
from service.receive.headers import FOR_EVER
from service.receive.intake import Intake


def blueprint(base_url: str, limits: Limits, bell: Bell, ping_seconds: float) -> Blueprint:
    """The endpoints of the service at ``base_url``: ``/webmention``, ``/pingback`` and ``/trackback/<post id>``."""
    room = Blueprint(
        "receive", __name__, template_folder="templates", static_folder="static", static_url_path="/static/receive"
    )
    intake = Intake(limits, bell)
    parts = (webmention, status, pingback, trackback)
    for part in (webmention, status, trackback):
        part.register(room, intake, base_url.rstrip("/"))
    pingback.register(room, intake, base_url.rstrip("/"), ping_seconds)
    refusals.register(room, {f"receive.{part.NAME}": part.refuse for part in parts})

    @room.after_request
    def keep(answer: Response) -> Response:
        if request.endpoint == "receive.static":
            answer.headers["Cache-Control"] = FOR_EVER
        return answer

    return room
