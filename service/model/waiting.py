"""What waits for somebody, in short: for mail and for the feed, which list it and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from service.model.moderator import Moderator, ModeratorSite
from service.model.post import Post
from service.model.reflection import Reflection, waits
from service.model.revision import Revision
from service.model.site import Site

COUNTED = 1000
"""As far as is counted."""

SETTLED = timedelta(seconds=10)
"""How old a revision is before it is news: of two transactions at once the later number may be seen first."""

HELD_FOR_SPAM = 0.9
"""From this probability on an item is no news by itself: a wave of spam sends no mail."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item that waits."""

    uid: str
    kind: str
    relation: str
    title: str
    author: str
    summary: str
    source: str | None
    host: str | None
    post_title: str
    post_url: str
    since: datetime
    revision: int


_of_it = (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.latest)


def newest(session: Session, moderator: Moderator, most: int) -> Sequence[Waiting]:
    """What waits for a person, the newest first."""
    query = (
        select(
            Reflection.uid,
            Reflection.kind,
            Revision.relation,
            Revision.title,
            Revision.author_name,
            func.coalesce(func.nullif(Revision.summary, ""), Revision.text),
            Reflection.source,
            Reflection.host,
            Post.title,
            Post.url,
            Revision.made,
            Revision.id,
        )
        .select_from(Reflection)
        .join(Revision, _of_it)
        .join(Post, Post.id == Reflection.post_id)
        .where(waits(Reflection.__table__), _reach(moderator))
        .order_by(Reflection.id.desc())
        .limit(most)
    )
    return [Waiting(*row) for row in session.execute(query)]


def count(session: Session, moderator: Moderator) -> int:
    """How many wait, counted up to :data:`COUNTED`."""
    some = select(Reflection.id).where(waits(Reflection.__table__), _reach(moderator))
    return _counted(session, some)


def news(session: Session, moderator: Moderator, heard: int, now: datetime) -> int:
    """How many of them have something newer than the revision ``heard``, and are not held for spam."""
    likely = func.coalesce(Revision.spam, 0.0) >= HELD_FOR_SPAM
    some = (
        select(Reflection.id)
        .join(Revision, _of_it)
        .where(waits(Reflection.__table__), _reach(moderator), Revision.id > heard, _settled(now), ~likely)
    )
    return _counted(session, some)


def last_revision(session: Session, now: datetime) -> int:
    """The newest revision that is no news once it was told."""
    newest = select(Revision.id).where(_settled(now)).order_by(Revision.id.desc()).limit(1)
    return session.scalar(newest) or 0


def _settled(now: datetime) -> ColumnElement[bool]:
    return Revision.made <= now - SETTLED


def _counted(session: Session, some: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(some.limit(COUNTED).subquery())) or 0


def _reach(moderator: Moderator) -> ColumnElement[bool]:
    """An owner decides everywhere, a moderator on the sites that were given to him; on sites that are there."""
    if moderator.role == "owner":
        return true()
    given = select(ModeratorSite.site_id).join(Site, Site.id == ModeratorSite.site_id)
    condition: ColumnElement[bool] = Reflection.site_id.in_(given.where(ModeratorSite.moderator_id == moderator.id))
    return condition
