"""What the source's h-entry says: what it is to its post, who wrote it, what and when (https://microformats.org/wiki/h-entry).

Of several on a page the one that has the link speaks, else the one whose own address is the page's, else the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.values import clean
from service.values.address import LONGEST, Address, stored
from service.values.clean import CleanHtml
from service.values.entry import Author, Entry
from service.values.state import Relation
from workers.reading import links
from workers.reading import microformats as mf
from workers.reading.dates import moment
from workers.reading.plain import LONGEST_SUMMARY, url
from workers.reading.surroundings import text_of

LONGEST_TEXT = 20_000
"""Characters of the content's text."""

MOST_VALUES = 10
"""Pictures, places of syndication or categories that are kept of each."""

LONGEST_CATEGORY = 60
"""Characters of one."""

RELATIONS: tuple[tuple[str, Relation], ...] = (
    ("repost-of", Relation.REPOST),
    ("repost", Relation.REPOST),
    ("like-of", Relation.LIKE),
    ("like", Relation.LIKE),
    ("bookmark-of", Relation.BOOKMARK),
    ("bookmark", Relation.BOOKMARK),
    ("in-reply-to", Relation.REPLY),
)
"""What a property that names the post makes of the entry, the most telling first (Post Type Discovery)."""

ANSWERS = frozenset({"yes", "no", "maybe", "interested"})
"""What an RSVP may say (https://indieweb.org/rsvp)."""

_ENTRIES = ("h-entry", "h-cite", "h-event", "h-review", "h-recipe", "h-product")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the microformats were found, and what is looked for."""

    base: Address
    final: Address
    targets: Sequence[Address]

    def names(self, item: mf.Item, name: str) -> bool:
        """Whether a property names a target."""
        pages = {target.page for target in self.targets}
        return any(there.page in pages for there in mf.addresses(item, name, self.base))


def entry(parsed: Mapping[str, Any], source: Source, page: Entry, named: bool) -> Entry:
    """The entry of the source, what it does not say itself taken from ``page``, the page's own words.

    ``named``: whether the entry's name is the title; else the page's is, of which it is a part (classic hAtom, where
    every theme marks its headings up, and ``<title>`` names the blog too).
    """
    placed = mf.items(parsed)
    speaking = _speaking([one for one in placed if mf.is_a(one.item, *_ENTRIES)], source)
    if speaking is None:
        return replace(page, author=_or(_card_of(page.author, placed, source), _only_card(placed, source)))
    item = speaking.item
    relation, rsvp = _relation(item, source)
    content, text = _content(item, source)
    summary = clean.line(mf.words(item, "summary"), LONGEST_SUMMARY)
    name = clean.line(mf.words(item, "name"))
    if not text and not summary:
        text = clean.text(mf.words(item, "name"))[:LONGEST_TEXT] if relation is not Relation.MENTION else ""
    return replace(
        page,
        relation=relation,
        rsvp=rsvp,
        author=_whole(_or(_author(speaking, source), page.author), placed, source),
        title=name if named and is_name(name, text) else page.title or name,
        content=content or (clean.plain(text) if text else CleanHtml()),
        text=text or page.text,
        summary=summary or page.summary,
        url=_url(mf.address(item, "url", source.base)) or page.url,
        published=moment(mf.words(item, "published")) or page.published,
        updated=moment(mf.words(item, "updated")) or page.updated,
        photos=_urls(item, source.base, "photo", "featured"),
        syndication=_urls(item, source.base, "syndication"),
        categories=tuple(clean.line(one, LONGEST_CATEGORY) for one in mf.several(item, "category")[:MOST_VALUES]),
    )


def _speaking(entries: Sequence[mf.Placed], source: Source) -> mf.Placed | None:
    """The entry that is meant."""
    for placed in entries:
        if any(source.names(placed.item, name) for name, _ in RELATIONS):
            return placed
    for placed in entries:
        if _links(placed.item, source):
            return placed
    here = [one for one in entries if _is_here(one.item, source)]
    return next(iter(here or entries), None)


def _links(item: mf.Item, source: Source) -> bool:
    markup = mf.markup(item, "content")
    if markup and links.scan(markup, source.base, source.targets).count:
        return True
    return any(source.names(item, name) for name in mf.properties(item) if name != "url")


def _is_here(item: mf.Item, source: Source) -> bool:
    return any(there.page == source.final.page for there in mf.addresses(item, "url", source.base))


def _relation(item: mf.Item, source: Source) -> tuple[Relation, str | None]:
    answer = mf.words(item, "rsvp").lower()
    if answer in ANSWERS and source.names(item, "in-reply-to"):
        return Relation.RSVP, answer
    for name, relation in RELATIONS:
        if source.names(item, name):
            return relation, None
    return Relation.MENTION, None


def _content(item: mf.Item, source: Source) -> tuple[CleanHtml, str]:
    """The content and its text, which is what stands in the HTML that is shown: JSON says both, and a browser shows
    more, or less, than an author's ``value``. Its ``value`` where cleaning has left no words, or made more HTML of it
    than is kept."""
    content = clean.html(mf.markup(item, "content"), source.base)
    if len(content.markup) <= clean.LONGEST_HTML and (text := text_of(content.markup, LONGEST_TEXT)):
        return content, text
    return CleanHtml(), clean.text(mf.words(item, "content"))[:LONGEST_TEXT]


def is_name(name: str, text: str) -> bool:
    """Whether it is a name and not the beginning of the content once more (Post Type Discovery 3)."""
    return bool(name) and not " ".join(text.split()).startswith(name.removesuffix("…"))


def _author(placed: mf.Placed, source: Source) -> Author:
    """The entry's author, or that of the feed in which it stands (https://indieweb.org/authorship-spec)."""
    for item in (placed.item, placed.within):
        for value in mf.values(item, "author") if item is not None else ():
            author = _of(value, source)
            if author.name or author.url:
                return author
    return Author()


def _of(value: Any, source: Source) -> Author:
    if isinstance(value, Mapping):
        return card(value, source.base)
    if not isinstance(value, str):
        return Author()
    if value.strip().lower().startswith(("http://", "https://")):
        return Author(url=url(source.base, value))
    return Author(name=clean.line(value))


def card(of: mf.Item, base: Address) -> Author:
    """Whom an h-card names."""
    name = mf.words(of, "name")
    if not name and isinstance(of.get("value"), str):
        name = of["value"]
    return Author(
        name=clean.line(name),
        url=_url(mf.address(of, "url", base)),
        photo=_url(mf.address(of, "photo", base)),
    )


def _only_card(placed: Sequence[mf.Placed], source: Source) -> Author:
    """The page's h-card, if it has but one; of several nobody knows who wrote it."""
    cards = [one.item for one in placed if mf.is_a(one.item, "h-card")]
    return card(cards[0], source.base) if len(cards) == 1 else Author()


def _whole(author: Author, placed: Sequence[mf.Placed], source: Source) -> Author:
    """The author with what the page's own h-card of him adds; where nobody is named, whose page it is."""
    if author.name or author.url:
        return _or(author, _card_of(author, placed, source)) if not (author.name and author.photo) else author
    owner = _only_card(placed, source)
    there = stored(owner.url)
    return owner if there is not None and there.domain == source.final.domain else author


def _card_of(author: Author, placed: Sequence[mf.Placed], source: Source) -> Author:
    """The page's h-card of the author whose address the page names."""
    for one in placed if author.url else ():
        if mf.is_a(one.item, "h-card") and any(
            its.url == author.url for its in mf.addresses(one.item, "url", source.base)
        ):
            return card(one.item, source.base)
    return author


def _or(one: Author, other: Author) -> Author:
    """The one, and what only the other says; strangers to each other are not mixed."""
    if not (one.name or one.url):
        return other
    if one.url and other.url and one.url != other.url:
        return one
    if one.name and other.name and one.name != other.name:
        return one
    return Author(one.name or other.name, one.url or other.url, one.photo or other.photo)


def _urls(item: mf.Item, base: Address, *names: str) -> tuple[str, ...]:
    """The addresses that these properties name, each once."""
    found = dict.fromkeys(_url(there) for name in names for there in mf.addresses(item, name, base))
    return tuple(one for one in found if one is not None)[:MOST_VALUES]


def _url(there: Address | None) -> str | None:
    return there.url if there is not None and len(there.url) <= LONGEST else None
