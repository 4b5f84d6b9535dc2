"""A moderator's pages: what waits, one item with its evidence, decisions; the same for scripts, by a site's token."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.moderate import acts, api, brake, changes, pages, triage
from service.moderate.bulk import pages as bulk
from service.moderate.mend import pages as mend
from service.moderate.news import pages as news
from service.moderate.overview import pages as overview
from service.moderate.record import pages as record
from service.moderate.rules import pages as rules
from service.moderate.sites import pages as sites
from service.people import guarded
from service.people.files import folder_edition

_FILES = Path(__file__).parent / "static"


def blueprint(bell: Bell, base_url: str, mails: bool) -> Blueprint:
    """The dashboard under ``/admin/``, behind a sign-in, and the moderation API, which reads no cookie.

    ``base_url`` is where we are reached; ``mails`` says whether there is a server that takes mail.
    """
    room = Blueprint("moderate", __name__)
    room.register_blueprint(_dashboard(bell, base_url, mails))
    room.register_blueprint(news.stopping())
    room.register_blueprint(api.blueprint(bell))
    room.add_url_rule("/", "home", _home)
    return room


def _dashboard(bell: Bell, base_url: str, mails: bool) -> Blueprint:
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
    mend.register(behind)
    brake.register(behind)
    bulk.register(behind, bell)
    triage.register(behind, bell)
    record.register(behind)
    overview.register(behind, bell)
    news.register(behind, bell, base_url, mails)
    behind.register_blueprint(sites.blueprint(bell, base_url))
    acts.register(behind, bell)
    return behind


def _home() -> ResponseReturnValue:
    return redirect(url_for("moderate.pages.queue"))
