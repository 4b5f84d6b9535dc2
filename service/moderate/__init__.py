"""A moderator's pages: what waits, one item with its evidence, decisions; the same for scripts, by a site's token."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.moderate import acts, api, pages
from service.people import guarded


def blueprint(bell: Bell) -> Blueprint:
    """The dashboard under ``/admin/``, behind a sign-in, and the moderation API, which reads no cookie."""
    room = Blueprint("moderate", __name__)
    room.register_blueprint(_dashboard(bell))
    room.register_blueprint(api.blueprint(bell))
    room.add_url_rule("/", "home", _home)
    return room


def _dashboard(bell: Bell) -> Blueprint:
    behind = guarded(
        Blueprint(
            "pages",
            __name__,
            url_prefix="/admin",
            template_folder="templates",
            static_folder="static",
            static_url_path="/static/moderate",
        )
    )
    pages.register(behind)
    acts.register(behind, bell)
    return behind


def _home() -> ResponseReturnValue:
    return redirect(url_for("moderate.pages.queue"))
