"""The widget's words in one locale, as the browser wants them: plurals by the names that ``Intl.PluralRules`` gives."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping

from babel import Locale

from service.languages.catalogue import DEFAULT, Catalogue, catalogue, locales

PREFIX = "widget."
_NUMBERS = (*range(201), 1000, 1_000_000)
"""Together they take every plural form that CLDR knows for whole numbers."""

Words = Mapping[str, str | Mapping[str, str]]


def words(locale: str) -> Words:
    """Key → text, or plural category (CLDR) → text; English where the language lacks one.

    A category that reads like ``other`` is left out: the widget takes ``other`` for it.
    """
    english, own = catalogue(DEFAULT), catalogue(locale)
    return {
        key.removeprefix(PREFIX): _text(own if key in own.messages else english, key)
        for key in sorted(english.named(PREFIX))
    }


@functools.cache
def edition() -> str:
    """A name for all the widget's words together, which changes with any of them."""
    everything = json.dumps({locale: words(locale) for locale in locales()}, sort_keys=True)
    return hashlib.sha256(everything.encode()).hexdigest()[:12]


def _text(source: Catalogue, key: str) -> str | Mapping[str, str]:
    forms = source.messages[key]
    if len(forms) == 1:
        return forms[0]
    category = Locale.parse(source.locale, sep="-").plural_form
    by_category = {category(number): forms[source.plural(number)] for number in reversed(_NUMBERS)}
    other = by_category.setdefault("other", forms[-1])
    return {name: text for name, text in sorted(by_category.items()) if name == "other" or text != other}
