"""What a page without microformats tells of itself: ``<title>``, Open Graph, ``<meta>``, ``rel``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from service.values import clean
from service.values.address import Address
from service.values.entry import Author, Entry
from workers.reading.dates import moment

LONGEST_SUMMARY = 500
"""Characters of a summary."""

_AUTHOR = ("author", "dc.creator", "dcterms.creator", "article:author", "sailthru.author", "parsely-author")
_DATE = (
    "article:published_time", "og:published_time", "date", "dc.date", "dc.date.issued", "dcterms.date",
    "dcterms.created", "datepublished", "pubdate", "parsely-pub-date",
)  # fmt: skip
_SUMMARY = ("description", "og:description", "twitter:description")
_SITE = ("og:site_name", "application-name", "apple-mobile-web-app-title")


@dataclass(frozen=True, slots=True)
class Head:
    """What the page says of itself as a whole; all of it clean."""

    entry: Entry
    canonical: str | None
    language: str | None


def head(soup: BeautifulSoup, base: Address, title: str) -> Head:
    """The page's own words on itself. ``title`` is what its ``<title>`` holds."""
    named = _named(soup)
    author = _first(named, _AUTHOR)
    is_address = author.lower().startswith(("http://", "https://"))
    entry = Entry(
        author=Author(name="" if is_address else clean.line(author), url=url(base, author) if is_address else None),
        title=title or clean.line(_first(named, ("og:title", "twitter:title"))) or _heading(soup),
        summary=clean.line(_first(named, _SUMMARY), LONGEST_SUMMARY),
        published=next((day for name in _DATE if (day := moment(named.get(name, "")))), None),
        site=clean.line(_first(named, _SITE)),
    )
    return Head(entry, _canonical(soup, base), _language(soup))


def url(base: Address, reference: str) -> str | None:
    """An address as we keep it: http or https, of a length that others take; else ``None``."""
    there = base.join(reference) if reference.strip() else None
    return there.url if there is not None and len(there.url) <= 2048 else None


def _named(soup: BeautifulSoup) -> Mapping[str, str]:
    """What ``<meta>`` says, by name in lower case; the first of a name that is not empty."""
    named: dict[str, str] = {}
    for element in soup.find_all("meta"):
        content = _attribute(element, "content").strip()
        for attribute in ("property", "name", "itemprop"):
            for name in _attribute(element, attribute).lower().split():
                if content:
                    named.setdefault(name, content)
    return named


def _first(named: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((named[name] for name in names if name in named), "")


def _heading(soup: BeautifulSoup) -> str:
    heading = soup.find("h1")
    return clean.line(heading.get_text(" ")) if heading is not None else ""


def _canonical(soup: BeautifulSoup, base: Address) -> str | None:
    for element in soup.find_all("link", href=True):
        if "canonical" in _attribute(element, "rel").lower().split():
            return url(base, _attribute(element, "href"))
    return None


def _language(soup: BeautifulSoup) -> str | None:
    """The page's language (BCP 47), as ``<html lang>`` has it."""
    element = soup.find("html")
    given = (_attribute(element, "lang") or _attribute(element, "xml:lang")).strip() if element else ""
    tag = given.replace("_", "-")
    return tag if tag.replace("-", "").isalnum() and tag.isascii() and len(tag) <= 35 else None


def _attribute(element: Tag, name: str) -> str:
    given = element.get(name)
    return " ".join(given) if isinstance(given, list) else given or ""
