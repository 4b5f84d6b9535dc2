"""Character references, as HTML decodes them (WHATWG HTML 13.2.5.72 to 13.2.5.80): linear, and nothing makes it fail.

``html.unescape`` knows no attributes (``?a=1&copy=2`` would lose its parameter) and raises on a reference of
five thousand digits (CVE-2020-10735).
"""

from __future__ import annotations

import re
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?|([a-zA-Z][a-zA-Z0-9]*);?)")
_LONGEST_BARE = max(len(name) for name in html5 if not name.endswith(";"))
_MOST_DIGITS = 7
_REPLACEMENT = "\ufffd"


def in_text(words: str) -> str:
    """Words with their references decoded; some names need no semicolon and end anywhere (``&notit;`` is ``¬it;``)."""
    return _REFERENCE.sub(_of_text, words) if "&" in words else words


def in_attribute(value: str) -> str:
    """An attribute's value decoded: ``&copy=1`` stays as it is, for the sake of query strings."""
    return _REFERENCE.sub(_of_attribute, value) if "&" in value else value


def _of_text(found: re.Match[str]) -> str:
    name = found[3]
    if name is None:
        return _numeric(found)
    if found[0].endswith(";") and name + ";" in html5:
        return html5[name + ";"]
    for length in range(min(len(name), _LONGEST_BARE), 1, -1):
        if name[:length] in html5:
            return html5[name[:length]] + found[0][1 + length :]
    return found[0]


def _of_attribute(found: re.Match[str]) -> str:
    name = found[3]
    if name is None:
        return _numeric(found)
    if found[0].endswith(";"):
        if name + ";" in html5:
            return html5[name + ";"]
        return html5[name] + ";" if name in html5 else found[0]
    if name in html5 and found.string[found.end() : found.end() + 1] != "=":
        return html5[name]
    return found[0]


def _numeric(found: re.Match[str]) -> str:
    digits, base = (found[1], 16) if found[1] else (found[2], 10)
    digits = digits.lstrip("0") or "0"
    number = int(digits, base) if len(digits) <= _MOST_DIGITS else 0
    if number == 0 or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return _REPLACEMENT
    if 0x80 <= number <= 0x9F:
        # The table of 13.2.5.80 is windows-1252, with its five holes left as they are.
        named = bytes([number]).decode("windows-1252", "replace")
        return chr(number) if named == _REPLACEMENT else named
    return chr(number)
