"""What pages say: ``gettext`` and ``ngettext`` in the language that is spoken just now.

Each thread (each request) speaks its own language; templates get the same two functions (``service.languages.pages``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from service.languages.catalogue import DEFAULT, catalogue, resolve

_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


def spoken() -> str:
    """The locale that is spoken just now."""
    return _spoken.get()


def speak(locale: str) -> None:
    """Speaks this language from here on, in this thread."""
    _spoken.set(resolve(locale))


@contextmanager
def speaking(locale: str) -> Iterator[str]:
    """Speaks this language, or the nearest there is, inside the ``with``; gives its locale."""
    token = _spoken.set(resolve(locale))
    try:
        yield _spoken.get()
    finally:
        _spoken.reset(token)


def gettext(message: str, **named: Any) -> str:
    """The message in the spoken language; ``%(name)s`` in it is filled where names are given."""
    said = catalogue(spoken()).say(message) or catalogue(DEFAULT).say(message) or message
    return said % named if named else said


def ngettext(singular: str, plural: str, num: int, **named: Any) -> str:
    """The message for ``num`` things; ``%(num)s`` in it is the number."""
    said = catalogue(spoken()).count(singular, num) or catalogue(DEFAULT).count(singular, num)
    return (said or (singular if num == 1 else plural)) % {"num": num, **named}


def unfilled(singular: str, plural: str, num: int) -> str:
    """As :func:`ngettext`, with its names still to be filled: what Jinja's ``{% trans %}`` asks for."""
    said = catalogue(spoken()).count(singular, num) or catalogue(DEFAULT).count(singular, num)
    return said or (singular if num == 1 else plural)
