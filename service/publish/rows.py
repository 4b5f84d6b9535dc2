"""The database's approved rows → a page of the thread: a page's worth is read, however long the thread is.

First level: in the order of arrival (``id``), which no source can claim for itself. A reply whose parent is not
public stands on the first level, so that it is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from service.model import Post, Reflection, Revision, Site
from service.publish.thread import DEEPEST, REPLIES, Growth, Heading, Item, Thread
from service.publish.view import Order, View
from service.values import clean
from service.values.address import Address, stored
from service.values.state import Kind, State

_reflection, _revision = Reflection.__table__, Revision.__table__
_parent = _reflection.alias("parent")

# Statements are built once, with their parameters open: to build one takes longer than to run it.
_POST = bindparam("post_id", type_=Integer)
_PARENTS: BindParameter[Any] = bindparam("parents", expanding=True)


def _public(reflection: FromClause) -> ColumnElement[bool]:
    return (reflection.c.state == State.APPROVED) & reflection.c.shown.is_not(None)


_ITS_REVISION = (_revision.c.reflection_id == _reflection.c.id) & (_revision.c.number == _reflection.c.shown)
_ITS_PARENT = (_parent.c.id == _reflection.c.parent_id) & (_parent.c.post_id == _POST) & _public(_parent)
_SHOWN = (
    select(
        _reflection.c.id,
        _reflection.c.uid,
        _reflection.c.parent_id,
        _reflection.c.kind,
        _reflection.c.source,
        _reflection.c.owner,
        _reflection.c.received,
        _revision.c.number,
        _revision.c.made,
        _revision.c.made_by,
        _revision.c.relation,
        _revision.c.title,
        _revision.c.site_name,
        _revision.c.author_name,
        _revision.c.author_url,
        _revision.c.html,
        _revision.c.text,
        _revision.c.url,
        _revision.c.published,
        _revision.c.rsvp,
        _revision.c.cleaned_by,
    )
    .join_from(_reflection, _revision, _ITS_REVISION)
    .where(_reflection.c.post_id == _POST, _public(_reflection))
)
_TOPS = _SHOWN.outerjoin(_parent, _ITS_PARENT).where(_parent.c.id.is_(None))
_UNDER = _SHOWN.join(_parent, _ITS_PARENT).where(_parent.c.uid == bindparam("under"))


def _paged(level: Select[Any]) -> Mapping[Order, Select[Any]]:
    page = level.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=Integer))
    return MappingProxyType({
        "oldest": page.order_by(_reflection.c.id.asc()),
        "newest": page.order_by(_reflection.c.id.desc()),
    })  # fmt: skip


_TOPS_PAGE, _UNDER_PAGE = _paged(_TOPS), _paged(_UNDER)

_PLACE = func.row_number().over(partition_by=_reflection.c.parent_id, order_by=_reflection.c.id).label("place")
_RANKED = _SHOWN.where(_reflection.c.parent_id.in_(_PARENTS)).add_columns(_PLACE).subquery()
_REPLIES = select(*_RANKED.c).where(_RANKED.c.place <= REPLIES + 1).order_by(_RANKED.c.id)
_ANSWERED = (
    select(_reflection.c.parent_id)
    .where(_reflection.c.post_id == _POST, _reflection.c.parent_id.in_(_PARENTS), _public(_reflection))
    .distinct()
)
_COUNTED = (
    select(_reflection.c.post_id, _reflection.c.kind, func.count())
    .where(_reflection.c.post_id.in_(bindparam("post_ids", expanding=True)), _public(_reflection))
    .group_by(_reflection.c.post_id, _reflection.c.kind)
)


def heading(site: Site, post: Post | None, address: Address) -> Heading:
    """What the thread says of the post, or of a page of the site that nobody named yet."""
    if post is None:
        return Heading(address.page, "", site.locale, site.comments_open, site.linkbacks_open)
    return Heading(post.url, post.title, site.locale, post.takes_comments, post.takes_linkbacks, str(post.id))


def thread(session: Session, post_id: int, head: Heading, view: View) -> Thread:
    """One page of the post's thread."""
    counts = count(session, [post_id]).get(post_id, {})
    found = [_item(row) for row in _first_level(session, post_id, view)]
    tops = found[: view.size]
    growth = Growth(tops)
    parents = [item.id for item in tops]
    for _level in range(DEEPEST):
        if not parents:
            break
        level = session.execute(_REPLIES, {"post_id": post_id, "parents": parents})
        parents = growth.take(_item(row) for row in level)
    if parents:
        growth.cut(session.scalars(_ANSWERED, {"post_id": post_id, "parents": parents}))
    return Thread(head, counts, growth.branches(), view, further=len(found) > view.size)


def count(session: Session, post_ids: Sequence[int]) -> dict[int, Mapping[str, int]]:
    """Approved items of these posts by kind; posts without any are left out."""
    counts: dict[int, dict[str, int]] = {}
    for post_id, kind, number in session.execute(_COUNTED, {"post_ids": post_ids}):
        counts.setdefault(post_id, {})[kind] = number
    return dict(counts)


def _first_level(session: Session, post_id: int, view: View) -> Sequence[Row[Any]]:
    pages = _TOPS_PAGE if view.under is None else _UNDER_PAGE
    wanted = {"post_id": post_id, "under": view.under, "limit": view.size + 1, "offset": view.offset}
    return session.execute(pages[view.order], wanted).all()


def _item(row: Row[Any]) -> Item:
    comment = row.kind == Kind.COMMENT
    content = clean.stored(row.html) if row.cleaned_by >= clean.VERSION else clean.html(row.html, None)
    return Item(
        id=row.id,
        uid=row.uid,
        parent=row.parent_id,
        kind=row.kind,
        type="comment" if comment else row.relation,
        url=None if comment else _permalink(row.url, row.source),
        author_name=row.author_name,
        author_url=_url(stored(row.author_url)),
        title="" if comment else row.title or row.site_name,
        content=content,
        text=row.text,
        published=row.published,
        received=row.received,
        owner=row.owner,
        edited=row.made if row.number > 1 and row.made_by != "source" else None,
        rsvp=row.rsvp,
    )


def _permalink(claimed: str | None, verified: str | None) -> str | None:
    """The address that the entry gives itself, where it is its source's own; else the source that was verified."""
    if verified is None or claimed is None or claimed == verified:
        return verified  # kept in its normal form
    own, source = stored(claimed), stored(verified)
    return _url(own if own and source and own.domain == source.domain else source)


def _url(address: Address | None) -> str | None:
    return address.url if address else None
