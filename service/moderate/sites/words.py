"""What the pages of sites say: what is wrong, in which language a site speaks, what became of a move."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from babel import Locale
from babel.numbers import format_decimal

from service.languages import gettext, spoken
from service.values.address import shown as in_short
from service.values.address import stored

WRONG: Mapping[str, str] = MappingProxyType({
    "address": "This is no web address: it begins with https:// or http://.",
    "prefix": "A site’s address has no question mark and no #.",
    "taken": "This address is another site’s.",
    "others": "Another site has posts under this address.",
    "there": "This address is the site’s already.",
    "main": "This is the site’s main address. Move the site first.",
    "posts": "Posts of the site are called by this address. Move the site first.",
    "overtaken": "Somebody else has changed this site since. This is how it is now.",
    "one_post": "These are two posts each, with items of their own, and would become one. "
    "Move the items of one to the other first.",
    "busy": "This site is on its way already. Wait until it is there.",
    "same": "It stands there already.",
    "not_ours": "This address is not the site’s any more.",
})  # fmt: skip
"""Said by gettext."""

STAYS: Mapping[str, str] = MappingProxyType({
    "taken": "Another post stands at the new address, with items of its own.",
    "elsewhere": "The new address is another site’s.",
    "long": "The new address is too long.",
    "moved": "Somebody has moved it elsewhere since.",
})  # fmt: skip
"""Why a post stays where it is; said by gettext."""


def wrong(code: str) -> str:
    """The sentence to a mistake; none where there is none."""
    return gettext(WRONG[code]) if code else ""


def stays(why: str) -> str:
    """Why a post stays where it is."""
    return gettext(STAYS[why])


def language(locale: str) -> str:
    """``français``, as its own speakers call it."""
    return Locale.parse(locale, sep="-").get_display_name() or locale


def short(url: str) -> str:
    """``blog.example/~a``."""
    address = stored(url)
    return in_short(address) if address else url


def many(number: int) -> str:
    """``5,000``."""
    return format_decimal(number, locale=spoken().replace("-", "_"))
