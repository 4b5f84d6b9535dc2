"""The words of a text as a search knows them, and a search as its terms: nothing in either is a pattern or an operator.

Words are those of :mod:`service.decide.words` without their diacritics; what is no letter and no digit parts them. Both
databases are given words and never a text, so neither has an opinion of its own about what a word is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from service.decide.words import folded

LONGEST = 40
"""Characters that are kept of a word."""

MOST_WORDS = 3000
"""Words that are kept of a text, each once."""

MOST_TERMS = 20
"""Words of a search that are looked at."""

BEGINS = 3
"""Characters from which on the last word of a search may be the beginning of a longer one."""

_WORD = re.compile(r"[^\W_]+")
_BARRED = str.maketrans("øłđħŧı", "oldhti")
"""Letters whose stroke Unicode does not part from them."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is searched for."""

    word: str
    begins: bool = False
    """Whether a longer word that begins so is meant too."""


def words(text: str) -> list[str]:
    """The words of a text, each once."""
    return list(dict.fromkeys(word[:LONGEST] for word in _WORD.findall(_bare(folded(text)))))[:MOST_WORDS]


def terms(text: str, mark: str = "") -> tuple[Term, ...]:
    """What is searched for with these words, all of it, the last one as far as it goes; ``mark`` stands before each."""
    found = words(text)[:MOST_TERMS]
    return tuple(
        Term(mark + word, begins=number == len(found) and len(word) >= BEGINS) for number, word in enumerate(found, 1)
    )


def _bare(text: str) -> str:
    """A folded text without the marks on its letters."""
    if text.isascii():
        return text
    letters = (one for one in unicodedata.normalize("NFD", text) if not unicodedata.category(one).startswith("M"))
    return unicodedata.normalize("NFC", "".join(letters)).translate(_BARRED)
