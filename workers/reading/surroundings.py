"""The words round a link, gathered while the page streams by: its own, those before and those after; and the beginning
of all that a person reads there.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from service.values import clean
from service.values.evidence import LONGEST_SNAPSHOT
from workers.reading.references import in_text
from workers.reading.stream import End, Start, Words, tokens
from workers.reading.visible import BLOCKS

LONGEST_SIDE = 150
"""Characters that are kept before and after a link."""

LONGEST_TEXT = 200
"""Characters of a link's own words."""

_EDGE = "\x1e"
_GAP = re.compile(r"(?:\s|&nbsp;)+")
_GATHERED = 1500
_PIECES = 60
_ENDS = (". ", "! ", "? ", "… ", ".\u00a0")


@dataclass(slots=True)
class Context:
    """One link's words, as they come; markup's references not yet decoded."""

    _before: str
    _inside: list[str] = field(default_factory=list)
    _after: list[str] = field(default_factory=list)
    _room: int = _GATHERED
    open: bool = True
    """Whether its own words still come."""

    @property
    def full(self) -> bool:
        return self._room <= 0

    def add(self, piece: str) -> None:
        if not self.full:
            (self._inside if self.open else self._after).append(piece[: self._room])
            self._room -= len(piece)
        if piece == _EDGE and not self.open:
            self._room = 0

    def close(self) -> None:
        self.open = False
        self._room = _GATHERED

    @property
    def text(self) -> str:
        return clean.line(in_text("".join(self._inside)), LONGEST_TEXT)

    @property
    def before(self) -> str:
        """The end of what stands before the link in its block, a space at its own end kept."""
        raw = in_text(self._before.rpartition(_EDGE)[2])
        words = clean.line(raw, _GATHERED)
        if len(words) > LONGEST_SIDE:
            words = _from_a_start(words[-LONGEST_SIDE:])
        return words + " " if words and raw[-1].isspace() else words

    @property
    def after(self) -> str:
        """The start of what stands behind it, a space at its start kept."""
        raw = in_text("".join(self._after).partition(_EDGE)[0])
        words = clean.line(raw, _GATHERED)
        if len(words) > LONGEST_SIDE:
            words = _to_an_end(words[:LONGEST_SIDE])
        return " " + words if words and raw[0].isspace() else words


class Surroundings:
    """What was last read, and the links whose words are still awaited."""

    def __init__(self) -> None:
        self._recent: deque[str] = deque(maxlen=_PIECES)
        self._awaiting: list[Context] = []

    def words(self, text: str) -> None:
        self._recent.append(text[-_GATHERED:])
        if self._awaiting:
            self._await(text)

    def edge(self) -> None:
        """A block begins or ends: what stands before it stands before no link behind it."""
        self._recent.clear()
        if self._awaiting:
            self._await(_EDGE)

    def link(self) -> Context:
        """A link begins here."""
        context = Context("".join(self._recent)[-_GATHERED:])
        self._awaiting.append(context)
        return context

    def _await(self, piece: str) -> None:
        for context in self._awaiting:
            context.add(piece)
        self._awaiting = [context for context in self._awaiting if context.open or not context.full]


class Snapshot:
    """The beginning of the page's text, a line for each block; that of its first article, where it has one."""

    def __init__(self, longest: int = LONGEST_SNAPSHOT) -> None:
        self._pieces: list[str] = []
        self._longest = longest
        self.room = 2 * longest
        """Characters that it still takes, none or fewer when it is full."""
        self._begun = False

    def words(self, text: str) -> None:
        self._pieces.append(text[: self.room])
        self.room -= len(text)

    def edge(self) -> None:
        if self._pieces and self._pieces[-1] != _EDGE:
            self._pieces.append(_EDGE)

    def begin(self) -> None:
        """The page's main part begins; the first that says so is believed."""
        if not self._begun:
            self._pieces.clear()
            self.room, self._begun = 2 * self._longest, True

    @property
    def text(self) -> str:
        lines = in_text("".join(self._pieces)).split(_EDGE)
        return clean.text("\n".join(words for line in lines if (words := " ".join(line.split()))))[: self._longest]


def text_of(markup: str, longest: int) -> str:
    """The words of some markup, a line for each block."""
    text = Snapshot(longest)
    for token in tokens(markup, xml=False):
        if isinstance(token, Words):
            text.words(_GAP.sub(" ", token.text))
        elif isinstance(token, Start | End) and token.name in BLOCKS:
            text.edge()
        if text.room <= 0:
            break
    return text.text


def _from_a_start(words: str) -> str:
    """Cut at the first sentence that begins in it, else at a word."""
    starts = [words.find(end) + len(end) for end in _ENDS if 0 <= words.find(end) < len(words) // 2]
    if starts:
        return words[min(starts) :]
    return "…" + words.partition(" ")[2] if " " in words else "…" + words


def _to_an_end(words: str) -> str:
    """Cut behind the last sentence that ends in it, else at a word."""
    ends = [words.rfind(end) + 1 for end in _ENDS if words.rfind(end) >= len(words) // 2]
    if ends:
        return words[: max(ends)]
    return words.rpartition(" ")[0] + "…" if " " in words else words + "…"
