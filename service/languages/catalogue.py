"""The catalogues: ``.po`` files → what a message is in one language, with the plural that its grammar asks for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path

from babel.messages.pofile import read_po

DEFAULT = "en"
"""The source language: what has no translation is said in it."""

FOLDER = Path(__file__).parent

Text = str | list[str] | tuple[str, ...]
"""How Babel gives a message: one form, or all plural forms."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All messages of one locale."""

    locale: str
    messages: Mapping[str, tuple[str, ...]]
    """Key → its plural forms in the order of the catalogue, or the one form of a message without plurals."""
    plural: Callable[[int], int]
    """The form that a number takes (gettext's ``Plural-Forms``)."""

    def say(self, message: str) -> str | None:
        """The message, or ``None`` where this language has no words for it."""
        forms = self.messages.get(message)
        return forms[0] if forms else None

    def count(self, message: str, number: int) -> str | None:
        """The form of the message for ``number``."""
        forms = self.messages.get(message)
        return forms[min(self.plural(number), len(forms) - 1)] if forms else None

    def named(self, prefix: str) -> Iterator[str]:
        """The keys that begin with ``prefix``."""
        return (key for key in self.messages if key.startswith(prefix))


@functools.cache
def locales() -> tuple[str, ...]:
    """The locales there are, as BCP 47 writes them: ``en``, ``fr``, ``pt-BR``."""
    return tuple(sorted(folder.name for folder in FOLDER.iterdir() if next(folder.glob("*.po"), None)))


@functools.cache
def catalogue(locale: str) -> Catalogue:
    """The catalogue of a locale of :func:`locales`."""
    messages: dict[str, tuple[str, ...]] = {}
    expression = "n != 1"
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale.replace("-", "_"), abort_invalid=True)
        expression = catalog.plural_expr
        for message in catalog:
            if message.id and message.string and not message.fuzzy:
                key, forms = _forms(message.id, message.string)
                if all(forms):
                    messages[key] = forms
    return Catalogue(locale, messages, c2py(expression))


def resolve(wanted: str) -> str:
    """The locale to use for a language tag: itself, its language alone, a sister with another region, else English."""
    tag = wanted.replace("_", "-").lower()
    known = {locale.lower(): locale for locale in locales()}
    language = tag.partition("-")[0]
    sister = next((locale for low, locale in known.items() if low.partition("-")[0] == language), DEFAULT)
    return known.get(tag) or known.get(language) or sister


def lookup(wanted: Iterable[str]) -> str | None:
    """The locale for a reader's languages, the dearest first: each is tried as it is and then shorter (RFC 4647 3.4),
    before the next one is; ``None`` where none of them is spoken here."""
    known = {locale.lower(): locale for locale in locales()}
    for language in wanted:
        tag = language.replace("_", "-").lower()
        while tag:
            if tag in known:
                return known[tag]
            tag = tag.rpartition("-")[0]
    return None


def _forms(key: Text, text: Text) -> tuple[str, tuple[str, ...]]:
    return (key if isinstance(key, str) else key[0]), ((text,) if isinstance(text, str) else tuple(text))
