"""What a page tells of itself without microformats: ``<title>``, Open Graph, ``<meta>``, ``rel``; off its tags."""

from __future__ import annotations

from collections.abc import Mapping

from service.values import clean
from service.values.address import LONGEST, Address
from service.values.entry import Author, Entry
from workers.reading.dates import moment
from workers.reading.links import Scan
from workers.reading.references import in_attribute

LONGEST_SUMMARY = 500
"""Characters of a summary."""

_LONGEST_CONTENT = 8_000
_AUTHOR = ("author", "dc.creator", "dcterms.creator", "article:author", "sailthru.author", "parsely-author")
_DATE = (
    "article:published_time", "og:published_time", "date", "dc.date", "dc.date.issued", "dcterms.date",
    "dcterms.created", "datepublished", "pubdate", "parsely-pub-date",
)  # fmt: skip
_TITLE = ("og:title", "twitter:title")
_SUMMARY = ("description", "og:description", "twitter:description")
_SITE = ("og:site_name", "application-name", "apple-mobile-web-app-title")


def entry(seen: Scan) -> Entry:
    """The page's own words on itself, with the sentence round the link for its content."""
    named = _named(seen)
    return Entry(
        author=_author(_first(named, _AUTHOR), seen),
        title=seen.title or shared_title(seen),
        text=seen.excerpt,
        summary=clean.line(_first(named, _SUMMARY), LONGEST_SUMMARY),
        published=next((day for name in _DATE if (day := moment(named.get(name, "")))), None),
        site=clean.line(_first(named, _SITE)),
    )


def shared_title(seen: Scan) -> str:
    """The title that it gives to whoever shows it elsewhere (Open Graph)."""
    return clean.line(_first(_named(seen), _TITLE))


def canonical(seen: Scan) -> str | None:
    """The address that the page gives as its own (RFC 6596)."""
    for tag in seen.head:
        relations = in_attribute(tag.attributes.get("rel", "")).lower().split()
        if tag.name == "link" and "canonical" in relations and "href" in tag.attributes:
            return url(seen.base, in_attribute(tag.attributes["href"]))
    return None


def language(seen: Scan) -> str | None:
    """The page's language (BCP 47), as ``<html lang>`` has it."""
    for tag in seen.head:
        if tag.name == "html":
            given = tag.attributes.get("lang") or tag.attributes.get("xml:lang") or ""
            given = in_attribute(given).strip().replace("_", "-")
            return given if given.replace("-", "").isalnum() and given.isascii() and len(given) <= 35 else None
    return None


def url(base: Address, reference: str) -> str | None:
    """An address as we keep it: http or https, of a length that others take; else ``None``."""
    there = base.join(reference) if reference.strip() else None
    return there.url if there is not None and len(there.url) <= LONGEST else None


def _author(meta: str, seen: Scan) -> Author:
    """The author by ``<meta>``, who may be an address (Open Graph wants one), else by ``rel="author"``."""
    if not meta:
        return seen.author
    if meta.lower().startswith(("http://", "https://")):
        return seen.author if seen.author.name else Author(url=url(seen.base, meta))
    name = clean.line(meta)
    return Author(name, seen.author.url if seen.author.name in ("", name) else None)


def _named(seen: Scan) -> Mapping[str, str]:
    """What ``<meta>`` says, by name in lower case; the first of a name that is not empty."""
    named: dict[str, str] = {}
    for tag in seen.head:
        content = in_attribute(tag.attributes.get("content", "")[:_LONGEST_CONTENT]).strip()
        if tag.name != "meta" or not content:
            continue
        for attribute in ("property", "name", "itemprop"):
            for name in in_attribute(tag.attributes.get(attribute, "")[:200]).lower().split():
                named.setdefault(name, content)
    return named


def _first(named: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((named[name] for name in names if name in named), "")
