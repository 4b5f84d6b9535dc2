"""How a page goes to the reading child and its reading comes back: JSON, never pickle, each message with its length.

What comes back is a stranger's bytes again, whatever the child has done to them: of what the fetch told nothing is
taken from it, and its words and HTML are cleaned as if they came from outside. The child cleans them too, since
cleaning can cost what only the child may spend: 90 KB of unclosed ``<b>`` make html5ever build millions of elements.
Here only balanced markup of few levels is cleaned, which cannot.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from service.values import clean
from service.values.address import BadAddress, parse
from service.values.clean import CleanHtml
from service.values.entry import Author, Entry
from service.values.evidence import LONGEST_SNAPSHOT, Hiding, Link, Place
from service.values.page import Failure, Page
from service.values.portrait import Portrait, portrait
from service.values.reading import Reading
from service.values.state import Relation
from workers.reading.dates import moment
from workers.reading.heading import Heading
from workers.reading.hentry import ANSWERS, LONGEST_CATEGORY, LONGEST_TEXT, MOST_VALUES
from workers.reading.links import LONGEST_HREF, MOST_LINKS
from workers.reading.plain import LONGEST_SUMMARY
from workers.reading.reading import evidence_of, failed
from workers.reading.surroundings import LONGEST_SIDE, text_of
from workers.reading.surroundings import LONGEST_TEXT as LONGEST_WORDS

LARGEST_ANSWER = 1024 * 1024
"""Bytes of one message of the child's."""

_FAILURES = frozenset({"no_link", "bot_wall", "gone", "unsupported_type", "malformed_answer", "too_heavy"})
_DEEPEST = 64
_TAG = re.compile(r"<(/?)([a-z]++)[^<>]*+>")


class Nonsense(ValueError):
    """Not what the child says when it is well."""


def page_header(page: Page, question: str, about: Sequence[str] = ()) -> bytes:
    """Everything of a page but its body, with what is asked of it: a name of :data:`workers.reading.__main__.ANSWERS`,
    ``about`` the targets of a source, or the domain that is vouched for."""
    return json.dumps(
        {
            "asked": page.asked.url,
            "final": page.final.url,
            "headers": {name: page.headers[name] for name in ("content-type",) if name in page.headers},
            "truncated": page.truncated,
            "question": question,
            "about": list(about),
        }
    ).encode()


def page_of(header: Mapping[str, Any], body: bytes) -> Page:
    """The page as the child has it: enough to read it, not how it was fetched."""
    asked, final = (parse(header[name], longest=None) for name in ("asked", "final"))
    return Page(asked, final, header["headers"], body, header["truncated"])


def message(found: Reading | Failure) -> dict[str, Any]:
    """What the child found, as JSON takes it."""
    if isinstance(found, Failure):
        return {"failure": found.reason.code, "details": dict(found.reason.details)}
    evidence, entry = found.evidence, found.entry
    return {
        "links": [asdict(link) for link in evidence.links],
        "links_on_page": evidence.links_on_page,
        "charset": evidence.charset,
        "too_heavy": evidence.too_heavy,
        "canonical": evidence.canonical,
        "language": evidence.language,
        "outgoing": evidence.outgoing,
        "snapshot": evidence.snapshot,
        "entry": {**asdict(entry), "content": entry.content.markup},
        "wants": found.wants,
    }


def found_in(said: Mapping[str, Any], page: Page) -> Reading | Failure:
    """What the child says of ``page``. Raises :class:`Nonsense` where a child that is well would not say it."""
    try:
        if "failure" in said:
            return _failure(said, page)
        evidence = replace(
            evidence_of(page),
            links=tuple(_link(link) for link in said["links"][:MOST_LINKS]),
            links_on_page=_number(said["links_on_page"]),
            charset=clean.line(said["charset"], 40),
            too_heavy=said["too_heavy"] is True,
            canonical=_address(said["canonical"]),
            language=clean.line(said["language"], 35) if said["language"] is not None else None,
            outgoing=_number(said["outgoing"]),
            snapshot=clean.text(said["snapshot"])[:LONGEST_SNAPSHOT],
        )
        if not evidence.links:
            raise Nonsense("a reading without a link")
        return Reading(evidence, _entry(said["entry"]), _address(said["wants"]))
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise Nonsense(str(wrong)) from wrong


def heading_message(found: Heading) -> dict[str, Any]:
    """A heading, as JSON takes it."""
    return asdict(found)


def heading_in(said: Mapping[str, Any]) -> Heading:
    """What the child says of a post of ours. Raises :class:`Nonsense`."""
    try:
        published = said["published"]
        return Heading(
            clean.line(said["title"]),
            moment(published) if published is not None else None,
            _address(said["canonical"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise Nonsense(str(wrong)) from wrong


def author_message(found: Author) -> dict[str, Any]:
    """Whom a page names, as JSON takes it."""
    return asdict(found)


def author_in(said: Mapping[str, Any]) -> Author:
    """What the child says of an author's page. Raises :class:`Nonsense`."""
    try:
        return Author(clean.line(said["name"]), _address(said["url"]), _address(said["photo"]))
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise Nonsense(str(wrong)) from wrong


def portrait_message(drawn: Portrait | Failure) -> dict[str, Any]:
    """A picture, as JSON takes it."""
    return message(drawn) if isinstance(drawn, Failure) else {"picture": base64.b64encode(drawn.body).decode()}


def portrait_in(said: Mapping[str, Any], page: Page) -> Portrait | Failure:
    """What the child made of a picture. Raises :class:`Nonsense`."""
    try:
        if "failure" in said:
            return _failure(said, page)
        drawn = portrait(base64.b64decode(said["picture"], validate=True))
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise Nonsense(str(wrong)) from wrong
    if drawn is None:
        raise Nonsense("no picture")
    return drawn


def _failure(said: Mapping[str, Any], page: Page) -> Failure:
    code, details = said["failure"], said["details"]
    if code not in _FAILURES:
        raise Nonsense(f"no reason of a reading: {code!r}")
    kept = {name: details[name] for name in ("type", "status", "wall") if name in details}
    return failed(page, code, **{name: one if type(one) is int else clean.line(one, 80) for name, one in kept.items()})


def _link(said: Mapping[str, Any]) -> Link:
    return Link(
        element=clean.line(said["element"], 20),
        href=clean.line(said["href"], LONGEST_HREF),
        text=clean.line(said["text"], LONGEST_WORDS),
        before=_side(said["before"]),
        after=_side(said["after"]),
        rel=tuple(clean.line(word, 40) for word in said["rel"][:10]),
        place=Place(said["place"]),
        hidden=Hiding(said["hidden"]) if said["hidden"] is not None else None,
        noscript=said["noscript"] is True,
    )


def _side(words: str) -> str:
    """Words beside a link, with the space that parts them from it."""
    kept = clean.line(words, LONGEST_SIDE + 2)
    first, last = (" " if edge.isspace() else "" for edge in (words[:1], words[-1:]))
    return first + kept + last if kept else ""


def _entry(said: Mapping[str, Any]) -> Entry:
    author, rsvp, published, updated = said["author"], said["rsvp"], said["published"], said["updated"]
    content, text = _content(said["content"], clean.text(said["text"])[:LONGEST_TEXT])
    return Entry(
        relation=Relation(said["relation"]),
        author=Author(clean.line(author["name"]), _address(author["url"]), _address(author["photo"])),
        title=clean.line(said["title"]),
        content=content,
        text=text,
        summary=clean.line(said["summary"], LONGEST_SUMMARY),
        url=_address(said["url"]),
        published=moment(published) if published is not None else None,
        updated=moment(updated) if updated is not None else None,
        photos=_addresses(said["photos"]),
        syndication=_addresses(said["syndication"]),
        categories=tuple(clean.line(one, LONGEST_CATEGORY) for one in said["categories"][:MOST_VALUES]),
        rsvp=rsvp if rsvp in ANSWERS else None,
        site=clean.line(said["site"]),
    )


def _content(markup: str, text: str) -> tuple[CleanHtml, str]:
    """The content's HTML and the text that stands in it; the child's text where the HTML is not such as cleaning leaves
    behind, or empty."""
    content = clean.html(markup, None) if len(markup) <= clean.LONGEST_HTML and _is_balanced(markup) else CleanHtml()
    if shown := text_of(content.markup, LONGEST_TEXT):
        return content, shown
    return (clean.plain(text) if markup else CleanHtml()), text


def _is_balanced(markup: str) -> bool:
    """Whether every tag is ended where it should be, and none stands too deep."""
    depth: list[str] = []
    if "<" in _TAG.sub("", markup):
        return False
    for end, name in _TAG.findall(markup):
        if end:
            if not depth or depth.pop() != name:
                return False
        elif name != "br":
            depth.append(name)
            if len(depth) > _DEEPEST:
                return False
    return not depth


def _address(given: str | None) -> str | None:
    try:
        return parse(given).url if given is not None else None
    except BadAddress:
        return None


def _addresses(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(address for one in given[:MOST_VALUES] if (address := _address(one)) is not None)


def _number(given: Any) -> int:
    if type(given) is not int or not 0 <= given < 2**31:
        raise Nonsense("not a number")
    return given
