"""Whether a person could see what stands on a page, as far as attributes and inline styles tell."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*\.?0*\s*(?:[;!%]|$)"
    r"|font-size\s*:\s*0*\.?0*(?:[a-z%]{1,4})?\s*(?:[;!]|$)|(?<![a-z-])clip\s*:\s*rect"
    r"|(?:left|top|right|bottom|text-indent|margin(?:-[a-z]+)?)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
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


def hides(attributes: Mapping[str, str]) -> bool:
    """Whether an element with these attributes hides itself: ``hidden``, or a style that shows nothing or far off."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    return _HIDING.search(_STYLE_COMMENT.sub("", in_attribute(style[:_LONGEST_STYLE]))) is not None


class Cover:
    """The outermost hidden element that is open, followed tag by tag."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0

    @property
    def hidden(self) -> bool:
        return self._depth > 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._depth and name in _ENDED_BY.get(self._name, ()):
            self._depth -= 1
        if self._depth:
            self._depth += name == self._name
        elif name not in VOID and hides(attributes):
            self._name, self._depth = name, 1

    def end(self, name: str) -> None:
        self._depth -= self._depth > 0 and name == self._name
