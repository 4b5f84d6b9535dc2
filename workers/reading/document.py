"""The page as a tree, built once for the microformats library and for the rest: BeautifulSoup on lxml.

Only what is small enough comes here: BeautifulSoup needs 11 s and 300 MB for 2 MiB of ``<p>a``, and libxml2 is
quadratic in the attributes of a tag. The link test has spoken before and does not look at the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import mf2py
from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from service.values.address import Address

MOST_ELEMENTS = 50_000
"""Start tags of the largest page of which a tree is built."""

MOST_ATTRIBUTES = 1_000
"""Attributes of one tag, likewise."""

# libxml2 ends a page at a NUL, and takes no other control either.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def tree(markup: str) -> BeautifulSoup | None:
    """The page's tree, without ``<base>`` and templates; ``None`` where the parser refuses it."""
    try:
        soup = BeautifulSoup(_CONTROLS.sub("\ufffd", markup).encode(), "lxml", from_encoding="utf-8")
    except (ParserRejectedMarkup, RecursionError):
        return None
    for element in soup.find_all(["base", "template"]):
        if not element.decomposed:
            element.decompose()
    return soup


def microformats(soup: BeautifulSoup, base: Address) -> Mapping[str, Any] | None:
    """The page's microformats2 as JSON (classic ones included); ``None`` where the library gives up."""
    try:
        parsed: Mapping[str, Any] = mf2py.Parser(doc=soup, url=base.page).to_dict()
    except Exception:
        # It raises RecursionError for some five hundred nested entries, TypeError for half a date, ValueError for
        # an odd address, and no stranger's page may end the reading of it.
        return None
    return parsed
