"""Every reason has its one sentence in every language, and no sentence is without its reason."""

from __future__ import annotations

import re

import pytest

from service import languages
from service.languages.reasons import KEY
from service.values.reason import REASONS, Reason


@pytest.mark.parametrize("locale", languages.locales())
@pytest.mark.parametrize("code", REASONS)
def test_a_reason_is_one_sentence(code: str, locale: str) -> None:
    said = languages.catalogue(locale).say(KEY + code)
    assert said, f"no sentence for {code} in {locale}"
    assert re.fullmatch(r"[A-ZÀ-Ý«%].*[.!?…]", said), said
    assert languages.sentence(Reason(code), locale)


@pytest.mark.parametrize("locale", languages.locales())
def test_a_sentence_has_its_reason(locale: str) -> None:
    assert {key.removeprefix(KEY) for key in languages.catalogue(locale).named(KEY)} <= set(REASONS)


def test_french_has_words_of_its_own() -> None:
    same = [
        code for code in REASONS if languages.sentence(Reason(code), "fr") == languages.sentence(Reason(code), "en")
    ]
    assert not same
