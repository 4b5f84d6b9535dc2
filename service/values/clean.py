"""Strangers' words and Markdown → text that both databases store alike, and HTML that can do nothing.

PostgreSQL refuses NUL and lone surrogates, SQLite takes them: :func:`text` is the one place that removes them.
:class:`CleanHtml` is made here and nowhere else.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt

from service.values.address import Address, BadAddress, parse

VERSION = 1
"""Raised when the cleaning changes, so that older items are cleaned again."""

LONGEST_NAME = 200
LONGEST_HTML = 100_000

_TAGS = set("a abbr b blockquote br cite code del em i ins kbd li ol p pre q s samp strong sub sup ul var".split())
_DROPPED_WHOLE = set("script style template textarea title xmp noembed noframes svg math object iframe".split())
# Before the tag of a block that is not kept, so that its words don't run into its neighbour's.
_BLOCK = re.compile(
    r"(?=</?(?:div|d[dt]|t[dhr]|h[1-6]|section|article|fig(?:ure|caption)|header|footer)\b)", re.IGNORECASE
)
_BLOCK_ENDS = re.compile(r"<br>|</(?:p|li|ul|ol|pre|blockquote)>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Direction controls (CVE-2021-42574), zero-width spaces and the tag plane; the joiners stay, scripts need them.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")
_MARKS_IN_A_ROW = 4
_STREAM_SAFE = 30
"""Marks in a row that a text keeps (UAX #15, Stream-Safe Text): no language has as many, and normal forms sort a row
in a time that is not linear."""


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """HTML of a small allow-list. Made by :func:`html`, :func:`markdown` and, from our own database, :func:`stored`."""

    markup: str = ""

    def __html__(self) -> str:
        return self.markup

    def __bool__(self) -> bool:
        return bool(self.markup)


def text(words: str) -> str:
    """Words as both databases store them: no controls but tab and line end, no lone surrogates, NFC, LF."""
    words = _CONTROLS.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", stream_safe(words))


def stream_safe(words: str) -> str:
    """Words of which any normal form is made in linear time: what follows the 30th of the marks in a row is cut."""
    return words if words.isascii() else _tower().sub(r"\1", words)


@functools.cache
def marks() -> str:
    """The combining marks, as ranges of a character class: Python's ``\\w`` has none of them (bpo-12731)."""
    marks = [code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)).startswith("M")]
    runs = itertools.groupby(enumerate(marks), lambda pair: pair[1] - pair[0])
    ranges = [[code for _, code in run] for _, run in runs]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ranges)


def line(words: str, longest: int = LONGEST_NAME) -> str:
    """Words for one line: white space folded, nothing invisible, no towers of marks, cut at ``longest`` graphemes."""
    words = " ".join(_INVISIBLE.sub("", text(words[: longest * 40])).split())
    kept: list[str] = []
    graphemes = marks = 0
    for character in words:
        if unicodedata.category(character) in ("Mn", "Me", "Cf"):
            marks += 1
            if marks > _MARKS_IN_A_ROW:
                continue
        else:
            marks = 0
            graphemes += 1
            if graphemes > longest:
                return "".join(kept[:-1]).rstrip() + "…"
        kept.append(character)
    return "".join(kept)


def html(markup: str, base: Address | None) -> CleanHtml:
    """Strangers' HTML without anything that runs, loads, tracks, styles or names; links made absolute on ``base``."""
    cleaned = nh3.clean(
        _BLOCK.sub("\n", text(markup[:LONGEST_HTML])),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"a": {"href"}},
        attribute_filter=_links_on(base),
        link_rel="nofollow ugc noopener noreferrer",
        url_schemes={"http", "https"},
    )
    return CleanHtml(cleaned.strip())


def markdown(words: str) -> CleanHtml:
    """A comment's Markdown (CommonMark, without HTML and pictures) as HTML."""
    return html(_markdown().render(text(words)), None)


def plain(words: str) -> CleanHtml:
    """Plain words as HTML: paragraphs at empty lines."""
    paragraphs = (escape(part.strip(), quote=False) for part in re.split(r"\n\s*\n", text(words)))
    return CleanHtml("".join("<p>" + part.replace("\n", "<br>") + "</p>" for part in paragraphs if part))


def words(of: CleanHtml) -> str:
    """What HTML says without its markup, a line for each of its blocks."""
    lines = nh3.clean(_BLOCK_ENDS.sub(r"\g<0>\n", of.markup), tags=set(), link_rel=None)
    return re.sub(r"\n{3,}", "\n\n", unescape(lines)).strip()


def stored(markup: str) -> CleanHtml:
    """HTML that was cleaned before it was stored."""
    return CleanHtml(markup)


def _links_on(base: Address | None) -> Callable[[str, str, str], str | None]:
    def keep(_tag: str, attribute: str, value: str) -> str | None:
        if attribute != "href":
            return value
        if base is not None:
            target = base.join(value)
            return target.url if target else None
        try:
            return parse(value.strip()).url
        except BadAddress:
            return None

    return keep


@functools.cache
def _tower() -> re.Pattern[str]:
    return re.compile(f"([{marks()}]{{{_STREAM_SAFE}}})[{marks()}]+")


@functools.cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("strikethrough")
