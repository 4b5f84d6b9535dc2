"""The database's approved rows → a page of the thread: a page's worth is read, however long the thread is.

First level: in the order of arrival (``id``), which no source can claim for itself. A reply whose parent is not
public stands on the first level, so that it is not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    UnaryExpression,
    and_,
    asc,
    bindparam,
    case,
    desc,
    func,
    select,
)

from service.model import Post, Reflection, Revision
from service.model.reflection import public
from service.publish.thread import DEEPEST, REPLIES, Growth, Heading, Item, Thread
from service.publish.view import Order, View
from service.values import clean
from service.values.address import Address, stored
from service.values.state import Kind

_reflection, _revision = Reflection.__table__, Revision.__table__
_post, _parent, _reply = Post.__table__, _reflection.alias("parent"), _reflection.alias("reply")

# Statements are built once, with their parameters open: to build one takes longer than to run it.
_POST = bindparam("post", type_=Integer)
_BEYOND = 2**31 - 1

_ANSWERED = (
    select(_reply.c.id)
    .where(_reply.c.parent_id == _reflection.c.id, public(_reply))
    .correlate(_reflection)
    .exists()
    .label("answered")
)
_SHOWN = select(
    _reflection.c.id,
    _reflection.c.uid,
    _reflection.c.parent_id,
    _reflection.c.kind,
    _reflection.c.source,
    _reflection.c.owner,
    _reflection.c.received,
    case((and_(_revision.c.number > 1, _revision.c.made_by != "source"), _revision.c.made)).label("edited"),
    _revision.c.relation,
    _revision.c.title,
    _revision.c.site_name,
    _revision.c.author_name,
    _revision.c.author_url,
    _revision.c.html,
    _revision.c.text,
    _revision.c.url,
    _revision.c.moved_to,
    _revision.c.published,
    _revision.c.rsvp,
    _revision.c.cleaned_by,
    _revision.c.portrait.label("picture"),
    _ANSWERED,
)
_ITS_REVISION = (_revision.c.reflection_id == _reflection.c.id) & (_revision.c.number == _reflection.c.shown)

# A page is chosen by the index alone, and only what is on it is looked at.
_ITS_PARENT = (_parent.c.id == _reflection.c.parent_id) & (_parent.c.post_id == _POST) & public(_parent)
_IDS = select(_reflection.c.id).where(_reflection.c.post_id == _POST, public(_reflection))
_TOPS = _IDS.select_from(_reflection.outerjoin(_parent, _ITS_PARENT)).where(_parent.c.id.is_(None))
_UNDER = _IDS.select_from(_reflection.join(_parent, _ITS_PARENT)).where(_parent.c.uid == bindparam("under"))


def _paged(level: Select[Any]) -> Mapping[Order, Select[Any]]:
    def page(way: Callable[[ColumnElement[int]], UnaryExpression[int]]) -> Select[Any]:
        limits = bindparam("limit", type_=Integer), bindparam("offset", type_=Integer)
        ids = level.order_by(way(_reflection.c.id)).limit(limits[0]).offset(limits[1]).subquery("page")
        on_page = ids.join(_reflection, _reflection.c.id == ids.c.id).join(_revision, _ITS_REVISION)
        return _SHOWN.select_from(on_page).order_by(way(_reflection.c.id))

    return MappingProxyType({"oldest": page(asc), "newest": page(desc)})


_TOPS_PAGE, _UNDER_PAGE = _paged(_TOPS), _paged(_UNDER)

_LAST = (
    select(_reply.c.id)
    .where(_reply.c.parent_id == _parent.c.id, public(_reply))
    .order_by(_reply.c.id)
    .limit(1)
    .offset(REPLIES)
    .correlate(_parent)
    .scalar_subquery()
)
"""The reply after which no more of its parent's are read: one more than may be taken."""
_ITS_FIRST = (_reflection.c.parent_id == _parent.c.id) & (_reflection.c.id <= func.coalesce(_LAST, _BEYOND))
_REPLIES = (
    _SHOWN.select_from(_parent.join(_reflection, _ITS_FIRST).join(_revision, _ITS_REVISION))
    .where(_parent.c.id.in_(bindparam("parents", expanding=True)), _reflection.c.post_id == _parent.c.post_id)
    .where(public(_reflection))
    .order_by(_reflection.c.id)
)
_COUNTED = (
    select(_post.c.id, _reflection.c.kind, func.count())
    .join_from(_post, _reflection, _reflection.c.post_id == _post.c.id)
    .where(_post.c.id.in_(bindparam("posts", expanding=True)), public(_reflection))
    .group_by(_post.c.id, _reflection.c.kind)
)


class _Said(NamedTuple):
    """A row of what is shown. A tuple's fields are read many times quicker than a row's of the database."""

    id: int
    uid: str
    parent: int | None
    kind: str
    source: str | None
    owner: bool
    received: datetime
    edited: datetime | None
    relation: str
    title: str
    site_name: str
    author_name: str
    author_url: str | None
    html: str
    text: str
    url: str | None
    moved_to: str | None
    published: str | None
    rsvp: str | None
    cleaned_by: int
    picture: str | None
    answered: bool


def thread(connection: Connection, post: int, heading: Heading, view: View) -> Thread:
    """One page of the post's thread."""
    pages = _TOPS_PAGE if view.under is None else _UNDER_PAGE
    wanted = {"post": post, "under": view.under, "limit": view.size + 1, "offset": view.offset}
    found = [_Said._make(row) for row in connection.execute(pages[view.order], wanted)]
    tops = found[: view.size]
    growth = Growth([_item(said) for said in tops])
    parents = [said.id for said in tops if said.answered]
    for _level in range(DEEPEST):
        if not parents:
            break
        level = replies(connection, parents)
        answered = {said.id for said in level if said.answered}
        parents = [taken for taken in growth.take(_item(said) for said in level) if taken in answered]
    growth.cut(parents)
    further = len(found) > view.size
    whole = not further and view.is_beginning and growth.is_whole
    counts = growth.counts if whole else count(connection, [post]).get(post, {})
    return Thread(heading, counts, growth.branches(), view, further)


def replies(connection: Connection, parents: Sequence[int]) -> list[_Said]:
    """The public replies to these items, no more of each than may be taken and one, in their order."""
    return [_Said._make(row) for row in connection.execute(_REPLIES, {"parents": parents})]


def count(connection: Connection, posts: Sequence[int]) -> dict[int, Mapping[str, int]]:
    """Approved items of these posts by kind; posts without any are left out."""
    counts: dict[int, dict[str, int]] = {}
    for post, kind, number in connection.execute(_COUNTED, {"posts": posts}):
        counts.setdefault(post, {})[kind] = number
    return dict(counts)


def _item(said: _Said) -> Item:
    comment = said.kind == Kind.COMMENT
    content = clean.stored(said.html) if said.cleaned_by >= clean.VERSION else clean.html(said.html, None)
    return Item(
        id=said.id,
        uid=said.uid,
        parent=said.parent,
        kind=said.kind,
        type="comment" if comment else said.relation,
        url=None if comment else _permalink(said.url, said.moved_to or said.source),
        author_name=said.author_name,
        author_url=_checked(said.author_url),
        title="" if comment else said.title or said.site_name,
        content=content,
        text=said.text,
        published=said.published,
        received=said.received,
        owner=said.owner,
        edited=said.edited,
        rsvp=said.rsvp,
        picture=said.picture,
    )


def _permalink(claimed: str | None, verified: str | None) -> str | None:
    """The address that the entry gives itself, where it is its source's own; else the source that was verified, or
    where that has moved to for good."""
    if verified is None or claimed is None or claimed == verified:
        return verified  # kept in its normal form
    own, source = stored(claimed), stored(verified)
    return _url(own if own and source and own.domain == source.domain else source)


@lru_cache(maxsize=2048)
def _checked(url: str | None) -> str | None:
    """A writer's own address; it stands under all that he wrote."""
    return _url(stored(url))


def _url(address: Address | None) -> str | None:
    return address.url if address else None
