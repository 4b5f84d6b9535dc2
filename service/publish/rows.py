"""The database's approved rows → a page of the thread: a page's worth is read, however long the thread is.

First level: in the order of arrival (``id``), which no source can claim for itself. A reply whose parent is not
public stands on the first level, so that it is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from service.model import Post, Reflection, Revision, Site
from service.publish.thread import DEEPEST, REPLIES, Growth, Heading, Item, Thread
from service.publish.view import View
from service.values import clean
from service.values.address import Address, BadAddress, parse
from service.values.state import Kind, State

_COLUMNS = (
    Reflection.id,
    Reflection.uid,
    Reflection.parent_id,
    Reflection.kind,
    Reflection.source,
    Reflection.owner,
    Reflection.received,
    Revision.number,
    Revision.made,
    Revision.made_by,
    Revision.relation,
    Revision.title,
    Revision.site_name,
    Revision.author_name,
    Revision.author_url,
    Revision.html,
    Revision.text,
    Revision.url,
    Revision.published,
    Revision.rsvp,
    Revision.cleaned_by,
)


def heading(site: Site, post: Post | None, address: Address) -> Heading:
    """What the thread says of the post, or of a page of the site that nobody named yet."""
    if post is None:
        return Heading(address.page, "", site.locale, site.comments_open, site.linkbacks_open)
    return Heading(post.url, post.title, site.locale, post.takes_comments, post.takes_linkbacks, str(post.id))


def thread(session: Session, post_id: int, head: Heading, view: View) -> Thread:
    """One page of the post's thread."""
    counts = count(session, [post_id]).get(post_id, {})
    found = [_item(row) for row in session.execute(_first_level(post_id, view))]
    tops = found[: view.size]
    growth = Growth(tops)
    parents = [item.id for item in tops]
    for _level in range(DEEPEST):
        if not parents:
            break
        parents = growth.take(_item(row) for row in session.execute(_replies(post_id, parents)))
    if parents:
        growth.cut(session.scalars(_answered(post_id, parents)))
    return Thread(head, counts, growth.branches(), view, further=len(found) > view.size)


def count(session: Session, post_ids: Sequence[int]) -> dict[int, Mapping[str, int]]:
    """Approved items of these posts by kind; posts without any are left out."""
    counts: dict[int, dict[str, int]] = {}
    rows = session.execute(
        select(Reflection.post_id, Reflection.kind, func.count())
        .where(Reflection.post_id.in_(post_ids), *_public(Reflection))
        .group_by(Reflection.post_id, Reflection.kind)
    )
    for post_id, kind, number in rows:
        counts.setdefault(post_id, {})[kind] = number
    return dict(counts)


def _public(reflection: type[Reflection]) -> tuple[ColumnElement[bool], ...]:
    return (reflection.state == State.APPROVED, reflection.shown.is_not(None))


def _shown(post_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(Revision, (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.shown))
        .where(Reflection.post_id == post_id, *_public(Reflection))
    )


def _first_level(post_id: int, view: View) -> Select[*tuple[Any, ...]]:
    parent = aliased(Reflection)
    query = _shown(post_id)
    if view.under is None:
        answered = (parent.id == Reflection.parent_id) & (parent.post_id == post_id)
        query = query.outerjoin(parent, answered & _public(parent)[0] & _public(parent)[1]).where(parent.id.is_(None))
    else:
        query = query.join(parent, parent.id == Reflection.parent_id).where(
            parent.uid == view.under, parent.post_id == post_id, *_public(parent)
        )
    order = Reflection.id.desc() if view.order == "newest" else Reflection.id.asc()
    return query.order_by(order).limit(view.size + 1).offset(view.offset)


def _replies(post_id: int, parents: Sequence[int]) -> Select[*tuple[Any, ...]]:
    place = func.row_number().over(partition_by=Reflection.parent_id, order_by=Reflection.id).label("place")
    ranked = _shown(post_id).where(Reflection.parent_id.in_(parents)).add_columns(place).subquery()
    return select(*ranked.c).where(ranked.c.place <= REPLIES + 1).order_by(ranked.c.id)


def _answered(post_id: int, parents: Iterable[int]) -> Select[int | None]:
    return (
        select(Reflection.parent_id)
        .where(Reflection.post_id == post_id, Reflection.parent_id.in_(list(parents)), *_public(Reflection))
        .distinct()
    )


def _item(row: Row[Any]) -> Item:
    comment = row.kind == Kind.COMMENT
    source = _page(row.source)
    content = clean.stored(row.html) if row.cleaned_by >= clean.VERSION else clean.html(row.html, None)
    return Item(
        id=row.id,
        uid=row.uid,
        parent=row.parent_id,
        kind=row.kind,
        type="comment" if comment else row.relation,
        url=None if comment else _permalink(row.url, source),
        author_name=row.author_name,
        author_url=_url(_page(row.author_url)),
        title="" if comment else row.title or row.site_name,
        content=content,
        text=row.text,
        published=row.published,
        received=row.received,
        owner=row.owner,
        edited=row.made if row.number > 1 and row.made_by != "source" else None,
        rsvp=row.rsvp,
    )


def _permalink(claimed: str | None, source: Address | None) -> str | None:
    """The address that the entry gives itself, where it is its source's own; else the source that was verified."""
    own = _page(claimed)
    return _url(own if own and source and own.domain == source.domain else source)


def _page(text: str | None) -> Address | None:
    try:
        return parse(text, longest=None) if text else None
    except BadAddress:
        return None


def _url(address: Address | None) -> str | None:
    return address.url if address else None
