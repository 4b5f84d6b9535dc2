"""Which language a page speaks to whom."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.languages import pages, spoken


@pytest.fixture(scope="module")
def reader() -> FlaskClient:
    """Asks a page that says which language it speaks."""
    app = Flask("spoken")
    pages.install(app)
    app.add_url_rule("/", view_func=spoken)
    return app.test_client()


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.5", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("FR-ch-1996", "fr"),
        ("de, fr;q=0.3, en;q=0.1", "fr"),
        ("en-GB, fr;q=0.9", "en"),
        ("fr;q=0.2, en;q=0.9", "en"),
        ("de, fr;q=0", "en"),
        ("frisian", "en"),
        ("*", "en"),
        ("", "en"),
        (";;,=,q=1,\t-", "en"),
    ],
)
def test_the_nearest_of_a_readers_languages_is_spoken(reader: FlaskClient, asked: str, language: str) -> None:
    """Each of them as it is or shorter, before the next one: RFC 4647, section 3.4."""
    assert reader.get("/", headers={"Accept-Language": asked}).text == language


def test_who_names_no_language_is_spoken_to_in_english(reader: FlaskClient) -> None:
    assert reader.get("/").text == "en"
