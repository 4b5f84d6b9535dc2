"""What the widget says: every language has all of it, in its own plurals."""

from __future__ import annotations

import re

import pytest

from service.languages import catalogue, locales, words
from service.languages.widget import PREFIX

NAMED = re.compile(r"%\((\w+)\)s")


def forms(text: object) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [str(text)]


@pytest.mark.parametrize("locale", locales())
def test_every_language_says_all_that_the_widget_says(locale: str) -> None:
    assert set(catalogue("en").named(PREFIX)) == set(catalogue(locale).named(PREFIX))


@pytest.mark.parametrize("locale", locales())
def test_a_translation_names_what_english_names(locale: str) -> None:
    english = words("en")
    for key, text in words(locale).items():
        expected = {name for form in forms(english[key]) for name in NAMED.findall(form)}
        for form in forms(text):
            assert set(NAMED.findall(form)) == expected, key


def test_french_counts_as_french_does() -> None:
    heading = words("fr")["heading"]
    assert isinstance(heading, dict)
    assert heading["one"] == "%(count)s réflexion sur «\u202f%(title)s\u202f»"
    assert heading["other"] == "%(count)s réflexions sur «\u202f%(title)s\u202f»"
