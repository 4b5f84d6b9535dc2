"""The demo blog as the service knows it: a site like any other, put in at a first start and removed as a whole."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.demo.blog import content
from service.demo.comments import COMMENTS, Comment
from service.model import Moderator, Post, Reflection, Revision, Site
from service.model import site as sites
from service.model.post import named
from service.model.reflection import new_uid
from service.model.states import Step, step
from service.values import clean
from service.values.address import Address, parse
from service.values.state import Kind, State

BY = "import"
"""Who approved the comments, in the record."""


def find(session: Session) -> Site | None:
    """The demo blog's site, where there is one."""
    return session.scalar(select(Site).where(Site.demo).limit(1))


def untouched(session: Session) -> bool:
    """Whether nobody has ever done anything with this database: no moderator, no site."""
    return session.scalar(select(Site.id).limit(1)) is None and session.scalar(select(Moderator.id).limit(1)) is None


def install(session: Session, base: Address, now: datetime) -> Site:
    """The site at ``base`` with its posts and its four comments, approved; the pingbacks it gets by itself.

    Raises :class:`service.model.site.BadSite` where the address is another site's.
    """
    site, _token, _read_token = sites.add(session, [base], now, content.MEGAPHONE.title, "fr")
    site.demo = True
    for text in (content.FAMOUS, content.OPEN):
        post = named(session, site, parse(base.origin + text.path), now)
        post.title, post.published = clean.line(text.title), text.published
        post.exists, post.looked_at, post.due_at = True, now, None
        post.comments_open = text is content.OPEN
        if text is content.FAMOUS:
            _talk(session, post, COMMENTS, None, now)
    session.flush()
    return site


def introduced(session: Session, site: Site) -> bool:
    """Whether the four pingbacks have come and were decided, by whomever."""
    sources = [parse(site.base_url).origin + echo.path for echo in content.ECHOES]
    decided = select(func.count()).where(
        Reflection.site_id == site.id, Reflection.source.in_(sources), Reflection.decided.is_not(None)
    )
    return session.scalar(decided) == len(sources)


def remove(session: Session) -> bool:
    """Removes the site with all that hangs on it, which the database's own cascades find; whether there was one."""
    return session.scalar(delete(Site).where(Site.demo).returning(Site.id)) is not None


def _talk(session: Session, post: Post, comments: tuple[Comment, ...], parent: int | None, now: datetime) -> None:
    for comment in comments:
        item = Reflection(
            uid=new_uid(),
            site_id=post.site_id,
            post_id=post.id,
            parent_id=parent,
            kind=Kind.COMMENT,
            source_key=hashlib.sha256(f"demo {comment.published}".encode()).hexdigest(),
            state=State.RECEIVED,
            owner=comment.owner,
            received=now,
            checked=now,
            latest=1,
        )
        session.add(item)
        session.flush()
        session.add(_revision(item, comment, now))
        step(session, item, Step(State.RECEIVED, State.APPROVED, by=BY, seen=1, show=1), now)
        _talk(session, post, comment.replies, item.id, now)


def _revision(item: Reflection, comment: Comment, now: datetime) -> Revision:
    html = clean.markdown(comment.words)
    return Revision(
        reflection_id=item.id,
        number=1,
        made=now,
        made_by="writer",
        author_name=comment.name,
        html=html.markup,
        text=" ".join(comment.words.replace("**", "").split()),
        published=comment.published,
        cleaned_by=clean.VERSION,
    )
