"""The pages that a person reads here: the form for sending by hand, and what became of it."""

from __future__ import annotations

from babel import Locale
from flask import Response, render_template

from service.languages import spoken
from service.people.files import file
from service.receive.headers import PAGE, Headers


def page(template: str, status: int = 200, headers: Headers = (), **values: object) -> Response:
    """The page in the reader's language; it keeps no cookie and runs no script."""
    markup = render_template(
        f"receive/{template}.html",
        locale=spoken(),
        direction=Locale.parse(spoken(), sep="-").text_direction,
        style=file("receive", "receive.css"),
        **values,
    )
    answer = Response(markup, status, content_type="text/html; charset=utf-8")
    answer.headers.update((*PAGE, *headers))
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer
