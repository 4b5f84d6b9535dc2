"""Literal words and phrases in a text: no pattern of any kind, so nothing can run away.

A text is folded once to ``" word word word "``, and a phrase is then a plain part of that, from one border of words to
another (Unicode's own letters, digits and marks). Case, width, invisible characters and what stands between words make
no difference, in the text or on the list. Scripts that put no spaces between words are matched character by character.
The time is linear in the text, of which :data:`LOOKED_AT` characters are looked at.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from service.values import clean

LOOKED_AT = 20_000
"""Characters of a text that are looked at: no more are kept of any item's words."""

LONGEST = 200
"""Characters of the longest word or phrase on a list."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, kana and ideographs."""

_ASCII = {code: chr(code).lower() if chr(code).isalnum() or chr(code) == "_" else " " for code in range(128)}
"""The same for plain English, many times faster."""


def folded(text: str) -> str:
    """The words of a text, each with a space on either side, as they are compared."""
    text = text[:LOOKED_AT]
    found = text.translate(_ASCII).split() if text.isascii() else _word().findall(_folded(text))
    return f" {' '.join(found)} "


def says(text: str, phrase: str) -> bool:
    """Whether a folded text has this word or phrase; one that ends in ``*`` may go on to the end of its last word."""
    wanted = _wanted(phrase)
    return wanted is not None and wanted in text


@functools.lru_cache(maxsize=4096)
def _wanted(phrase: str) -> str | None:
    wanted = folded(phrase)
    if wanted.isspace():
        return None
    return wanted[:-1] if phrase.endswith("*") else wanted


def _folded(text: str) -> str:
    text = clean.stream_safe(_INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _UNSPACED.sub(r" \g<0> ", text[:LOOKED_AT])


@functools.cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[\w{clean.marks()}]+")
