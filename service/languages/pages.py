"""The languages in Flask's pages: ``_()``, ``ngettext()`` and ``{% trans %}`` in templates, spoken as the browser asks.

This module alone knows Flask; workers take :mod:`service.languages` without it.
"""

from __future__ import annotations

from flask import Flask, request

from service.languages.catalogue import DEFAULT, lookup
from service.languages.speech import gettext, speak, spoken, unfilled


def install(app: Flask) -> None:
    """Gives the app's templates their words, and each request the language of its ``Accept-Language``.

    A page whose language hangs on something else (a site's locale) renders inside ``speaking(locale)``.
    """
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, unfilled, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["spoken"] = spoken

    @app.before_request
    def listen() -> None:
        wanted = (language for language, weight in request.accept_languages if weight > 0)
        speak(lookup(wanted) or DEFAULT)
