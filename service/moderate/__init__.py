"""A moderator's pages: what waits, one item with its evidence, decisions; the same for scripts, by a site's token."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.moderate import acts, api, changes, pages
from service.moderate.rules import pages as rules
from service.people import guarded
from service.people.files import folder_edition

_FILES = Path(__file__).parent / "static"


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
            static_folder=_FILES,
            static_url_path=f"/static/moderate/{folder_edition(_FILES)}",
        )
    )
    pages.register(behind)
    changes.register(behind)
    rules.register(behind)
    acts.register(behind, bell)
    return behind


def _home() -> ResponseReturnValue:
    return redirect(url_for("moderate.pages.queue"))
