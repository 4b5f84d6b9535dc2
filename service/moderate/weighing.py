"""What triage holds of an item, in words: how likely it is spam, and what of it weighed most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from babel import Locale
from babel.numbers import format_percent

from service.decide.folds import SURELY_NOT, SURELY_SPAM
from service.decide.precision import Past
from service.decide.triage import Ground
from service.languages import gettext, ngettext, spoken
from service.moderate.rules.words import NAMES

_SAYS = MappingProxyType({
    "host": "host %(value)s",
    "links": "%(value)s links or more",
    "hidden": "a link that no reader sees",
    "aside": "a link among comments",
    "language": "language %(value)s",
    "kind": "came as %(value)s",
    "type": "%(value)s",
})  # fmt: skip
_RECORD = MappingProxyType({
    "new": "nothing decided yet of its host",
    "good": "a host of which all was approved",
    "bad": "a host of which nothing was approved",
    "mixed": "a host of which some was approved",
})  # fmt: skip


def sentence(spam: float | None, weighed: Sequence[Ground]) -> str | None:
    """``Probably spam (93 %): words “check out”, “subscribe”; 3 links or more.``; ``None`` where nothing weighed."""
    if spam is None or not weighed:
        return None
    reasons = gettext("; ").join(_said(weighed))
    if spam >= SURELY_SPAM:
        return gettext("Probably spam (%(share)s): %(reasons)s.", share=share(spam), reasons=reasons)
    if spam <= SURELY_NOT:
        return gettext("Probably not spam (%(share)s): %(reasons)s.", share=share(spam), reasons=reasons)
    return gettext("Perhaps spam (%(share)s): %(reasons)s.", share=share(spam), reasons=reasons)


def share(number: float) -> str:
    """``93%``, and never all or nothing."""
    return format_percent(min(max(number, 0.01), 0.99), locale=_locale())


def tried(past: Past) -> str:
    """``98.6% right (95.1% to 99.6%)``: how often it was, and between what the truth may lie."""
    low, high = past.between
    return gettext(
        "%(share)s right (between %(low)s and %(high)s)",
        share=_exactly(past.share),
        low=_exactly(low),
        high=_exactly(high),
    )


def beyond(past: Past) -> str:
    """Of how many items that was so."""
    return ngettext("of %(num)s item of the past", "of %(num)s items of the past", past.of)


def _said(weighed: Sequence[Ground]) -> Iterator[str]:
    words = [gettext("“%(word)s”", word=ground.value) for ground in weighed if ground.about == "word"]
    if words:
        listed = ", ".join(words)
        yield ngettext("word %(words)s", "words %(words)s", len(words), words=listed)
    for ground in weighed:
        if ground.about == "record":
            yield gettext(_RECORD.get(ground.value, ground.value))
        elif ground.about in _SAYS:
            yield gettext(_SAYS[ground.about], value=_value(ground))


def _value(ground: Ground) -> str:
    if ground.about == "language":
        return str(_locale().languages.get(ground.value, ground.value))
    return gettext(NAMES[ground.value]) if ground.value in NAMES else ground.value


def _exactly(number: float) -> str:
    digits = "#,##0.0\xa0%" if _locale().language == "fr" else "#,##0.0%"
    return str(format_percent(number, digits, locale=_locale()))


def _locale() -> Locale:
    return Locale.parse(spoken(), sep="-")
