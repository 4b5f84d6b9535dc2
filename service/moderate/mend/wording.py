"""What readers are to see of an item instead of its own words: read from a form, cleaned as sources' words are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.model import Revision
from service.moderate.item import Version
from service.values import clean
from service.values.address import BadAddress, parse
from service.values.clean import CleanHtml

LONGEST = clean.LONGEST_HTML
"""Characters of the words that a form takes."""

LONGEST_TITLE = 200


class BadWording(ValueError):
    """Words that can't be had; ``code`` says why: ``address``, ``too_long``, ``empty``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of an edit."""

    title: str
    author_name: str
    author_url: str | None
    content: CleanHtml
    picture: bool
    """Whether the author's picture stays."""


def of(version: Version) -> Wording:
    """What a revision says, to begin from."""
    content = version.content or clean.plain(version.text)
    return Wording(version.title, version.author_name, version.author_url, content, version.author_photo is not None)


def read(form: Mapping[str, str]) -> Wording:
    """What the form says. Raises :class:`BadWording`."""
    markup, address = form.get("content", ""), form.get("author_url", "").strip()
    if len(markup) > LONGEST:
        raise BadWording("too_long")
    try:
        author = parse(address).url if address else None
    except BadAddress:
        raise BadWording("address") from None
    return Wording(
        title=clean.line(form.get("title", ""), LONGEST_TITLE),
        author_name=clean.line(form.get("author_name", "")),
        author_url=author,
        content=clean.html(markup, None),
        picture="picture" in form,
    )


def revision(base: Revision, number: int, wording: Wording, made: datetime) -> Revision:
    """The revision that says it, in the place of ``base``; all else is what it was."""
    return Revision(
        reflection_id=base.reflection_id,
        number=number,
        made=made,
        made_by="moderator",
        title=wording.title,
        author_name=wording.author_name,
        author_url=wording.author_url,
        author_photo=base.author_photo if wording.picture else None,
        picture_id=base.picture_id if wording.picture else None,
        html=wording.content.markup,
        text=clean.words(wording.content),
        relation=base.relation,
        url=base.url,
        moved_to=base.moved_to,
        published=base.published,
        updated=base.updated,
        photos=base.photos,
        syndication=base.syndication,
        categories=base.categories,
        rsvp=base.rsvp,
        site_name=base.site_name,
        evidence=base.evidence,
        signs=base.signs,
        cleaned_by=clean.VERSION,
    )
