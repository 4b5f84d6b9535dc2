"""Who may: sign-in, sessions, roles, and the guard before every page of the dashboard."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState

from service.people import join, me, owners, passwords, signin, telling
from service.people.guard import by_script, dressed, entrance, guarded, open_entrance, person
from service.people.signin import back_to

__all__ = ["back_to", "blueprint", "by_script", "dressed", "guarded", "person"]


def blueprint(base_url: str, redis_url: str) -> Blueprint:
    """The pages of sign-in and of people under ``/admin``.

    ``base_url`` says which origin is ours, which passkeys are, and whether cookies are secure.
    """
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
    pages.context_processor(lambda: {"say": telling, "shortest": passwords.SHORTEST, "party": entrance().party})
    pages.add_url_rule("/sign-in", view_func=signin.sign_in, methods=["GET", "POST"])
    pages.add_url_rule("/sign-in/challenge", view_func=signin.sign_in_challenge, methods=["POST"])
    pages.add_url_rule("/sign-out", view_func=signin.sign_out, methods=["POST"])
    pages.add_url_rule("/join", view_func=join.join, methods=["GET", "POST"])
    pages.add_url_rule("/join/challenge", view_func=join.join_challenge, methods=["POST"])
    pages.add_url_rule("/me", view_func=me.me)
    pages.add_url_rule("/me/password", view_func=me.set_password, methods=["POST"])
    pages.add_url_rule("/me/passkeys", view_func=me.add_passkey, methods=["POST"])
    pages.add_url_rule("/me/passkeys/challenge", view_func=me.passkey_challenge, methods=["POST"])
    pages.add_url_rule("/me/passkeys/name", view_func=me.name_passkey, methods=["POST"])
    pages.add_url_rule("/me/passkeys/remove", view_func=me.remove_passkey, methods=["POST"])
    pages.add_url_rule("/me/sessions/end", view_func=me.end_session, methods=["POST"])
    pages.register_blueprint(owners.blueprint())
    return pages
