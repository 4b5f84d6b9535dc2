"""The page as a tree, built once and handed on to the microformats library: BeautifulSoup on lxml, then mf2py.

Only what is small enough comes here: BeautifulSoup needs 11 s and 300 MB for 2 MiB of ``<p>a``, and libxml2 is
quadratic in the attributes of a tag. The link test has spoken before and does not look at the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import mf2py
from bs4 import BeautifulSoup

from service.values.address import Address
from workers.reading.prefilter import has_base

MOST_ELEMENTS = 50_000
"""Start tags of the largest page of which a tree is built."""

MOST_ATTRIBUTES = 1_000
"""Attributes of one tag, likewise."""

# libxml2 ends a page at a NUL, and takes no other control either.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def too_heavy(elements: int, attributes: int) -> bool:
    """Whether no tree is built of a page with so many start tags, and so many attributes of one of them."""
    return elements > MOST_ELEMENTS or attributes > MOST_ATTRIBUTES


def microformats(markup: str, base: Address) -> Mapping[str, Any] | None:
    """The page's microformats2 as JSON, classic ones included; ``None`` where one of the libraries gives up."""
    try:
        soup = BeautifulSoup(_CONTROLS.sub("\ufffd", markup).encode(), "lxml", from_encoding="utf-8")
        # It would be resolved against ``base``, which is what it says, once more.
        for element in soup.find_all("base") if has_base(markup) else ():
            element.decompose()
        parsed: Mapping[str, Any] = mf2py.Parser(doc=soup, url=base.page).to_dict()
    except MemoryError:
        raise
    except Exception:
        # mf2py raises RecursionError for some five hundred nested entries, TypeError for half a date, ValueError for
        # an odd address; BeautifulSoup has errors of its own. No stranger's page may end the reading of it.
        return None
    return parsed
