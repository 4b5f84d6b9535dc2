"""Bytes → text as browsers decode them (WHATWG Encoding; HTML 13.2.3), with its labels only: never utf-7, never a
codec of Python's that is no charset.

Kinder than browsers in three cases, since nobody may be shown as mojibake: undeclared UTF-8 is UTF-8; what is
declared as windows-1252 (every server's old default) but is valid UTF-8, is UTF-8; and what is declared as UTF-8 but
holds not one character of it beyond ASCII, is windows-1252.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import webencodings

PRESCAN = 4096
"""Bytes in which a ``<meta>`` may declare the charset. The specification demands 1,024."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]+)", re.IGNORECASE)
# What the standard means by these names is wider than Python's codec of that name.
_CODECS = {"gbk": "gb18030", "euc-kr": "cp949"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, and the charset that was believed."""

    text: str
    charset: str


def decode(body: bytes, declared: str | None) -> Decoded:
    """The text of an HTML page or plain text; ``declared`` is the label of its ``Content-Type``."""
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return Decoded(_text(body[len(mark) :], charset), charset)
    charset = _known(declared) or _prescanned(body) or ""
    if charset in ("", "windows-1252"):
        charset = "utf-8" if _is_utf8(body, bool(charset)) else "windows-1252"
        return Decoded(_text(body, charset), charset)
    text = _text(body, charset)
    if charset == "utf-8" and "\ufffd" in text and not re.search("[^\x00-\x7f\ufffd]", text):
        charset = "windows-1252"
        text = _text(body, charset)
    return Decoded(text, charset)


def decode_json(body: bytes) -> str:
    """The text of JSON, which is UTF-8 (RFC 8259 8.1)."""
    return _text(body.removeprefix(codecs.BOM_UTF8), "utf-8")


def _known(label: str | None) -> str | None:
    encoding = webencodings.lookup(label) if label else None
    # "replacement" stands for charsets that were used to smuggle markup: to decode nothing is what it is for.
    return None if encoding is None or encoding.name == "replacement" else str(encoding.name)


def _prescanned(body: bytes) -> str | None:
    head = _COMMENT.sub(b"", body[:PRESCAN])
    found = _META.search(head) or _XML.match(head)
    charset = _known(found[1].decode("latin-1")) if found else None
    if charset is not None and charset.startswith("utf-16"):
        # A declaration that can be read as ASCII is not written in UTF-16.
        return "utf-8"
    return "windows-1252" if charset == "x-user-defined" else charset


def _is_utf8(body: bytes, told_otherwise: bool) -> bool:
    """Whether it is valid UTF-8, but for a cut end; against a declaration only what is beyond ASCII counts."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return False
    return not (told_otherwise and body.isascii())


def _text(body: bytes, charset: str) -> str:
    encoding = codecs.lookup(_CODECS[charset]) if charset in _CODECS else webencodings.lookup(charset).codec_info
    return str(encoding.decode(body, "replace")[0])
