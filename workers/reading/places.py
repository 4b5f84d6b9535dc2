"""Where on its page something stands, by the elements round it: HTML's own, ARIA's roles, and the names that themes
have given to their ``div``s for twenty years.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from service.values.evidence import Place
from workers.reading.references import in_attribute
from workers.reading.visible import VOID

ELEMENTS = MappingProxyType(
    {"nav": Place.MENU, "aside": Place.ASIDE, "header": Place.HEADER, "footer": Place.FOOTER, "menu": Place.MENU}
)
"""Elements that are a part of the page by their name."""

_ROLES = MappingProxyType(
    {
        "navigation": Place.MENU, "menu": Place.MENU, "menubar": Place.MENU,
        "complementary": Place.ASIDE, "banner": Place.HEADER, "contentinfo": Place.FOOTER,
    }
)  # fmt: skip
_NAMES = re.compile(
    r"(?:^|\s)(?:"
    r"(?P<comments>(?:p-)?comments?|comment-?(?:list|content|body|item|thread|area)|comments-(?:area|list|section)"
    r"|commentaires?|responses|reactions)"
    r"|(?P<aside>(?:(?:left|right|primary|secondary|main|page|site|blog)-)?side-?bar(?:-(?:left|right|primary|\d))?"
    r"|widget-area|blogroll|related(?:-(?:posts|articles|content))?|colonne-(?:gauche|droite))"
    r"|(?P<footer>(?:(?:site|page|global|main|blog)-)?footer|colophon|pied(?:-de-page)?|bas-de-page)"
    r"|(?P<menu>(?:(?:main|site|top|primary|global)-)?(?:nav|navbar|navigation|menu)|breadcrumbs?|pagination|pager)"
    r"|(?P<header>(?:(?:site|page|global|main|blog)-)?header|masthead|banner|entete|bandeau)"
    r")(?=\s|$)",
    re.IGNORECASE | re.ASCII,
)
# Whose names speak of the whole page, or of nothing that surrounds.
_LONGEST_NAMES = 300
_UNNAMED = frozenset({"html", "body", "a", "input", "label", "option", "textarea"})


class Places:
    """The outermost part of the page beside its text that is open, followed tag by tag.

    What belongs to an article is text: its own header and footer too, where themes put whom it answers.
    """

    def __init__(self) -> None:
        self.name = ""
        """The element with which the part began that is open, or was last."""
        self._depth = self._articles = 0
        self.place = Place.TEXT
        """Where what comes now stands."""

    def start(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether another part begins with it."""
        if self._depth:
            self._depth += name == self.name
            return False
        if name not in VOID and (place := self._of(name, attributes)) is not None:
            self.name, self._depth, self.place = name, 1, place
            return True
        if name in ("article", "main"):
            self._articles += 1
        return False

    def end(self, name: str) -> bool:
        """Whether the part ends with it."""
        if not self._depth:
            self._articles -= name in ("article", "main") and self._articles > 0
        elif name == self.name:
            self._depth -= 1
            if not self._depth:
                self.place = Place.TEXT
                return True
        return False

    def _of(self, name: str, attributes: Mapping[str, str]) -> Place | None:
        place = ELEMENTS.get(name)
        if place is None and attributes:
            place = _ROLES.get(attributes["role"].lower()) if "role" in attributes else None
            place = place or _named(name, attributes)
        return None if self._articles and place in (Place.HEADER, Place.FOOTER) else place


def _named(name: str, attributes: Mapping[str, str]) -> Place | None:
    if name in _UNNAMED:
        return None
    for attribute in ("class", "id"):
        value = attributes.get(attribute)
        if value and (place := _called(value[:_LONGEST_NAMES])) is not None:
            return place
    return None


@functools.lru_cache(1_000)
def _called(names: str) -> Place | None:
    found = _NAMES.search(in_attribute(names))
    return Place(str(found.lastgroup)) if found is not None else None


LONG_LIST = 100
"""Links in a row that are a list and no text."""

_WORDS_BETWEEN = 80


class Row:
    """Links with next to no words between them; those that are described are told how many there were."""

    __slots__ = ("links",)

    def __init__(self) -> None:
        self.links = 0

    @property
    def long(self) -> bool:
        return self.links >= LONG_LIST


class Rows:
    """Parts a page's links into rows, word by word."""

    def __init__(self) -> None:
        self._row = Row()
        self._between = 0

    def words(self, text: str) -> None:
        if self._between <= _WORDS_BETWEEN and not text.isspace():
            self._between += len(text.strip())

    def part(self) -> None:
        """Another part of the page begins: what stood before it is no neighbour."""
        self._row, self._between = Row(), 0

    def link(self) -> Row:
        """A link begins here; the row that it stands in."""
        if self._between > _WORDS_BETWEEN:
            self._row = Row()
        self._between = 0
        self._row.links += 1
        return self._row
