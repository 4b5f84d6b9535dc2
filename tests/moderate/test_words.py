"""Everything that the dashboard says, it says in French too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from service.languages import catalogue
from service.moderate import keys, pages, telling
from service.moderate.rules.words import NAMES

SERVICE = Path(__file__).parents[2] / "service"
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2)}


def sentences(room: str) -> Iterator[str]:
    """What stands in a room's code and templates."""
    for _file, _line, message, _comments, _context in extract_from_dir(SERVICE / room, METHODS, keywords=KEYWORDS):
        yield message if isinstance(message, str) else message[0]


def tables() -> Iterator[str]:
    """What is said by way of a table."""
    for table in (NAMES, telling.STATES, telling.DONE, telling.BY_SOMEBODY, telling.BY_ITSELF):
        yield from table.values()
    yield from (name for _letter, name in keys.ACTS.values())
    for buttons in (*pages.BUTTONS.values(), pages.CHANGED):
        yield from (label for _value, label, _look in buttons)


SAID = sorted({*sentences("people"), *sentences("moderate"), *tables()})


@pytest.mark.parametrize("sentence", SAID)
def test_it_is_said_in_french(sentence: str) -> None:
    assert catalogue("fr").say(sentence) is not None
