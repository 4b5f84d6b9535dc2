"""Whether a person could see what stands on a page, as far as attributes and inline styles tell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from service.values.evidence import Hiding
from workers.reading.references import in_attribute

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
"""Elements that have no content (WHATWG HTML 13.1.2)."""

BLOCKS = frozenset(
    "address article aside blockquote body br center dd details dialog dir div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol option p pre search section summary table tbody td"
    " tfoot th thead title tr ul".split()
)
"""Elements at whose edges a sentence ends."""

_LONGEST_STYLE = 2000
_NOTHING = r"0*\.?0*(?:[a-z%]{1,4})?\s*(?:[;!]|$)"
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*\.?0*\s*(?:[;!%]|$)"
    rf"|font-size\s*:\s*{_NOTHING}|transform\s*:[^;]*scale\(\s*0*\.?0*\s*[,)]",
    re.IGNORECASE,
)
_OFF_SCREEN = re.compile(
    r"(?:left|top|right|bottom|text-indent|margin(?:-[a-z]+)?)\s*:\s*-\d{3,}"
    r"|(?<![a-z-])clip\s*:\s*rect|translate[xy3d]{0,2}\([^)]*-\d{3,}",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(rf"(?<![a-z-])(?:max-)?(?:width|height)\s*:\s*(?:1px\s*(?:[;!]|$)|{_NOTHING})", re.IGNORECASE)
_CUTTING = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_STYLE_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
# Elements whose end tag may be left out, and the start tags that stand for it (WHATWG HTML 13.1.2.4).
_ENDED_BY = {
    "p": BLOCKS - {"body", "br", "dd", "dt", "li", "option", "tbody", "td", "tfoot", "th", "thead", "title", "tr"},
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th", "tr"}),
    "th": frozenset({"td", "th", "tr"}),
    "tr": frozenset({"tr"}),
}


def hiding(attributes: Mapping[str, str]) -> Hiding | None:
    """How an element with these attributes hides itself, if it does."""
    if "hidden" in attributes:
        return Hiding.ATTRIBUTE
    style = attributes.get("style")
    if not style:
        return None
    style = _STYLE_COMMENT.sub("", in_attribute(style[:_LONGEST_STYLE]))
    if _UNSEEN.search(style):
        return Hiding.STYLE
    if _OFF_SCREEN.search(style) or (_CUT_OFF.search(style) and _CUTTING.search(style)):
        return Hiding.OFF_SCREEN
    return None


class Cover:
    """The outermost hidden element that is open, followed tag by tag."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0
        self.hidden: Hiding | None = None
        """How what comes now is hidden, if it is."""

    def start(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether what is hidden begins or ends with it."""
        before = self.hidden
        if before and name in _ENDED_BY.get(self._name, ()):
            self._down()
        if self.hidden:
            self._depth += name == self._name
        elif attributes and name not in VOID and (how := hiding(attributes)):
            self._name, self._depth, self.hidden = name, 1, how
        return self.hidden is not before

    def end(self, name: str) -> bool:
        """Whether what is hidden ends with it."""
        if self.hidden is None or name != self._name:
            return False
        self._down()
        return self.hidden is None

    def _down(self) -> None:
        self._depth -= 1
        if not self._depth:
            self.hidden = None
