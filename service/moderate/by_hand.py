"""An item that verification refused, or that has no words yet, in the words that are known of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.model import Arrival, Reflection, Revision
from service.moderate.item import Sent
from service.values import clean
from service.values.address import BadAddress, parse
from service.values.state import Protocol

LONGEST_EXCERPT = 2000


def known_words(session: Session, item: Reflection, now: datetime) -> int:
    """Makes a revision of the trackback's own words, or of the source's address and host; its number. One that says the
    same, and was taken back, is taken again.

    Nobody has seen the link: the revision has no evidence.
    """
    said = sent_with(session, item)
    words = {
        "title": said.title if said else "",
        "author_name": "",
        "author_url": None,
        "site_name": (said.blog_name if said else "") or _host(item),
        "html": clean.plain(said.excerpt).markup if said else "",
        "text": said.excerpt if said else "",
        "url": item.source,
    }
    numbers = select(func.max(Revision.number)).where(Revision.reflection_id == item.id)
    made: int | None = session.scalar(numbers.filter_by(**words, made_by="moderator"))
    if made is not None:
        return made
    made = (session.scalar(numbers) or 0) + 1
    known = {"reflection_id": item.id, "number": made, "made": now, "made_by": "moderator"}
    session.add(Revision(**known, **words, cleaned_by=clean.VERSION))
    session.flush()
    return made


def sent_with(session: Session, item: Reflection) -> Sent | None:
    """The words that came with an item."""
    return sent(session.scalars(select(Arrival).where(Arrival.reflection_id == item.id).order_by(Arrival.id)))


def sent(ways: Iterable[Arrival]) -> Sent | None:
    """The words of the first trackback that brought any, of all ways in which an item came."""
    return next((_sent(way) for way in ways if way.protocol == Protocol.TRACKBACK and way.hints), None)


def _sent(way: Arrival) -> Sent:
    title, excerpt, blog_name = (str((way.hints or {}).get(name) or "") for name in ("title", "excerpt", "blog_name"))
    excerpt = clean.text(excerpt)[:LONGEST_EXCERPT].strip()
    return Sent(way.id, way.first, clean.line(title), excerpt, clean.line(blog_name))


def _host(item: Reflection) -> str:
    try:
        return parse(item.source, longest=None).host.removeprefix("www.") if item.source else ""
    except BadAddress:
        return item.host or ""
