"""``/demo/`` leads to the demo blog, wherever it stands."""

from __future__ import annotations

from flask import Blueprint, Response

from service.database import db
from service.demo import installed
from service.demo.blog.content import FAMOUS
from service.languages import gettext
from service.publish.headers import EVERYWHERE


def blueprint() -> Blueprint:
    """``/demo/``: the demo blog's famous post (302), or one sentence where there is no demo."""
    pages = Blueprint("demo", __name__, url_prefix="/demo")

    @pages.get("/")
    def lead() -> Response:
        site = installed.find(db.session())
        if site is None:
            answer = Response(gettext("There is no demo here.") + "\n", 404, content_type="text/plain; charset=utf-8")
        else:
            answer = Response(status=302, headers={"Location": site.base_url.rstrip("/") + FAMOUS.path})
        answer.headers.extend(EVERYWHERE)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return pages
