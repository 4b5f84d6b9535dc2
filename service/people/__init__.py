"""Who may: sign-in, sessions, roles, and the guard before every page of the dashboard."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState

from service.people import signin
from service.people.guard import guarded, open_entrance, person
from service.people.signin import back_to

__all__ = ["back_to", "blueprint", "guarded", "person"]


def blueprint(base_url: str, redis_url: str) -> Blueprint:
    """The pages of sign-in under ``/admin``. ``base_url`` says which origin is ours, and whether cookies are secure."""
    pages = guarded(
        Blueprint(
            "people",
            __name__,
            url_prefix="/admin",
            template_folder="templates",
            static_folder="static",
            static_url_path="/static/people",
        )
    )

    def prepare(state: BlueprintSetupState) -> None:
        assert isinstance(state.app, Flask)
        open_entrance(state.app, base_url, redis_url)

    pages.record_once(prepare)
    pages.add_url_rule("/sign-in", view_func=signin.sign_in, methods=["GET", "POST"])
    pages.add_url_rule("/sign-out", view_func=signin.sign_out, methods=["POST"])
    pages.add_url_rule("/password", view_func=signin.password, methods=["GET", "POST"])
    return pages
