"""What a page tells without microformats, off its tags: ``<title>``, Open Graph, JSON-LD, ``<meta>``, ``rel``."""

from __future__ import annotations

from collections.abc import Mapping

from service.values import clean
from service.values.address import LONGEST, Address
from service.values.entry import Author, Entry
from workers.reading.dates import moment
from workers.reading.linked_data import Article, article
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
_UPDATED = ("article:modified_time", "og:updated_time", "dcterms.modified", "last-modified", "datemodified")
_TITLE = ("og:title", "twitter:title")
_SUMMARY = ("description", "og:description", "twitter:description")
_PARTING = ("|", "-", "–", "—", "·", "•", "«", "»", ":", "/", "‹", "›", "~")
_SITE = ("og:site_name", "application-name", "apple-mobile-web-app-title")


def entry(seen: Scan) -> Entry:
    """The page's own words on itself, with the sentence round the link for its content."""
    named = _named(seen)
    told = article(seen.linked, seen.base)
    site = clean.line(_first(named, _SITE)) or told.site
    return Entry(
        author=_author(_first(named, _AUTHOR), told, seen),
        title=_bare(seen.title, shared_title(seen) or told.title, site) or shared_title(seen) or told.title,
        text=seen.excerpt,
        summary=clean.line(_first(named, _SUMMARY), LONGEST_SUMMARY) or told.summary,
        published=_moment(named, _DATE) or told.published or moment(seen.time),
        updated=_moment(named, _UPDATED) or told.updated,
        site=site,
    )


def _bare(title: str, name: str, site: str) -> str:
    """A title without what the page tells beside it: where it begins or ends with its own name, that; else without
    its site's."""
    for known, is_name in ((name, True), (site, False)):
        folded = known.casefold()
        if not known or len(known) >= len(title):
            continue
        before, after = title[: -len(known)].rstrip(), title[len(known) :].lstrip()
        if title.casefold().startswith(folded) and after.startswith(_PARTING):
            return title[: len(known)] if is_name else after[1:].lstrip() or title
        if title.casefold().endswith(folded) and before.endswith(_PARTING):
            return title[-len(known) :] if is_name else before[:-1].rstrip() or title
    return title


def _moment(named: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((day for name in names if (day := moment(named.get(name, "")))), None)


def shared_title(seen: Scan) -> str:
    """The title that it gives to whoever shows it elsewhere (Open Graph)."""
    return clean.line(_first(_named(seen), _TITLE))


def canonical(seen: Scan) -> str | None:
    """The address that the page gives as its own (RFC 6596)."""
    return _linked(seen, "canonical")


def _linked(seen: Scan, relation: str) -> str | None:
    """The first ``<link>`` of that relation."""
    for tag in seen.head:
        relations = in_attribute(tag.attributes.get("rel", "")).lower().split()
        if tag.name == "link" and relation in relations and "href" in tag.attributes:
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


def _author(meta: str, told: Article, seen: Scan) -> Author:
    """The author by ``<meta>``, who may be an address (Open Graph wants one), by JSON-LD, by ``rel="author"``."""
    address = url(seen.base, meta) if meta.lower().startswith(("http://", "https://")) else None
    name = clean.line(meta) if address is None else ""
    for one in (told.author, seen.author):
        if one.name and (not name or one.name.casefold() == name.casefold()):
            return Author(one.name, one.url or _linked(seen, "author"))
    return Author(name, address or (seen.author.url if not seen.author.name else None) or _linked(seen, "author"))


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
