"""An item that verification refused, or that has no words yet, in the words that are known of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.model import Arrival, Reflection, Revision
from service.values import clean
from service.values.address import BadAddress, parse
from service.values.state import Protocol

LONGEST_EXCERPT = 2000


def known_words(session: Session, item: Reflection, now: datetime) -> int:
    """Makes a revision of the trackback's own words, or of the source's address and host; its number.

    Nobody has seen the link: the revision has no evidence.
    """
    last = session.scalar(select(func.max(Revision.number)).where(Revision.reflection_id == item.id))
    said = _trackback(session, item)
    excerpt = clean.text(str(said.get("excerpt") or ""))[:LONGEST_EXCERPT].strip()
    revision = Revision(
        reflection_id=item.id,
        number=(last or 0) + 1,
        made=now,
        made_by="moderator",
        title=clean.line(str(said.get("title") or "")),
        site_name=clean.line(str(said.get("blog_name") or "")) or _host(item),
        html=clean.plain(excerpt).markup,
        text=excerpt,
        url=item.source,
        cleaned_by=clean.VERSION,
    )
    session.add(revision)
    session.flush()
    return revision.number


def _trackback(session: Session, item: Reflection) -> dict[str, Any]:
    """What a trackback said beside its address (TrackBack 1.2: ``title``, ``excerpt``, ``blog_name``)."""
    ways = session.scalars(
        select(Arrival)
        .where(Arrival.reflection_id == item.id, Arrival.protocol == Protocol.TRACKBACK)
        .order_by(Arrival.id)
    )
    return next((way.hints for way in ways if way.hints), {})


def _host(item: Reflection) -> str:
    try:
        return parse(item.source, longest=None).host.removeprefix("www.") if item.source else ""
    except BadAddress:
        return item.host or ""
