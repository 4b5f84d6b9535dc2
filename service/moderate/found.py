"""Which items a filter finds, a page at a time and the newest first, in a time that does not grow with how many there
are.

A list without words follows an index from where the page before ended. Words are looked for in two steps. First in the
newest :data:`WINDOW` items of the list, one by one: what is frequent fills a page there, whatever else is asked for,
and a list that is no longer than that is done. Then in the index of words, for what is older: it has few of what was
not in the window, or has them close together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.decide.search import Term
from service.model import Post, PostAddress, Reflection, Revision, Site, words
from service.model.reflection import came, up, waits
from service.moderate.asked import Asked, Sort
from service.moderate.whys import WHYS
from service.people.roles import Reach
from service.values.address import BadAddress, parse, post_key
from service.values.state import State

WINDOW = 2000
"""Items of a list that are looked at one by one."""

MOST_POSTS = 200
"""Posts that are meant by some words, the newest."""

_reflection = Reflection.__table__


def ids(session: Session, reach: Reach, asked: Asked, most: int) -> list[int]:
    """The items that somebody asks for, in his order, from his place in the list on."""
    wanted = _terms(asked)
    if wanted is None:
        return []
    listed = select(Reflection.id).where(reach(Reflection.site_id), *_conditions(asked))
    if asked.post:
        listed = listed.where(_on_posts(session, reach, asked.post))
    if asked.sort is not Sort.NEWEST:
        return _rows(session, _by_likelihood(_narrowed(session, listed, wanted), asked), most)
    if asked.after is not None:
        listed = listed.where(_below(session, asked.after, asked))
    listed = listed.order_by(*_order(asked, _reflection.c))
    return _searched(session, listed, wanted, asked, most) if wanted else _rows(session, listed, most)


def _searched(session: Session, listed: Select[int], wanted: Sequence[Term], asked: Asked, most: int) -> list[int]:
    window = listed.add_columns(Reflection.received).limit(WINDOW).subquery("newest")
    among = select(window.c.id).where(words.has(window.c.id, wanted)).order_by(*_order(asked, window.c))
    newest = _rows(session, among, most)
    end = session.scalar(listed.offset(WINDOW - 1).limit(1)) if len(newest) < most else None
    if end is None:
        return newest
    index = words.found(session, wanted)
    # A query in the query: the index comes first and is followed lazily, whatever the database thinks of the filter.
    row = listed.with_only_columns(Reflection.received).where(Reflection.id == index.c.id, _below(session, end, asked))
    received = row.order_by(None).scalar_subquery()
    older = select(index.c.id).where(received.is_not(None)).order_by(index.c.id.desc())
    if asked.dated:
        older = older.order_by(None).order_by(received.desc(), index.c.id.desc())
    else:
        older = older.where(index.c.id < end)
    return newest + _rows(session, older, most - len(newest))


def _rows(session: Session, query: Select[*tuple[Any, ...]], most: int) -> list[int]:
    return [row.id for row in session.execute(query.limit(most))]


def _narrowed(session: Session, listed: Select[int], wanted: Sequence[Term]) -> Select[int]:
    return listed.where(Reflection.id.in_(select(words.found(session, wanted).c.id))) if wanted else listed


def _by_likelihood(listed: Select[int], asked: Asked) -> Select[int]:
    """What triage has not weighed comes last, whichever end is asked for."""
    newest = aliased(Revision)
    likelihood = newest.spam if asked.sort is Sort.SPAM else -newest.spam
    rank = func.coalesce(likelihood, -2.0)
    of_it = (newest.reflection_id == Reflection.id) & (newest.number == Reflection.latest)
    if asked.after is not None:
        there = select(rank).select_from(Reflection).outerjoin(newest, of_it).where(Reflection.id == asked.after)
        at = there.correlate(None).scalar_subquery()
        listed = listed.where((rank < at) | ((rank == at) & (Reflection.id < asked.after)))
    return listed.outerjoin(newest, of_it).order_by(rank.desc(), Reflection.id.desc())


def _order(asked: Asked, of: Any) -> list[ColumnElement[Any]]:
    return [of.received.desc(), of.id.desc()] if asked.dated else [of.id.desc()]


def _below(session: Session, item: int, asked: Asked) -> ColumnElement[bool]:
    """What comes after an item in the list."""
    if not asked.dated:
        return Reflection.id < item
    received = session.scalar(select(Reflection.received).where(Reflection.id == item))
    here = tuple_(received, item, types=[Reflection.received.type, Reflection.id.type])
    return tuple_(Reflection.received, Reflection.id) < here if received else false()


def _in_state(asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.waiting:
        yield waits(_reflection)
    elif asked.state is None:
        yield Reflection.state != State.ERASED
    if asked.state is State.APPROVED:
        yield up(_reflection)
    elif asked.state is not None:
        yield Reflection.state == asked.state
        if not asked.dated:
            yield ~up(_reflection)  # the words of the index
    if asked.dated:
        yield came(_reflection)  # of another one


def _conditions(asked: Asked) -> Iterator[ColumnElement[bool]]:
    yield from _in_state(asked)
    if asked.site is not None:
        yield Reflection.site_id == asked.site
    if asked.host:
        yield Reflection.host == _domain(asked.host)
    if asked.kind is not None and asked.state is State.RECEIVED:
        yield Reflection.kind == asked.kind
    if asked.why is not None:
        yield WHYS[asked.why].holds
    if asked.rule is not None:
        yield Reflection.rule_id == asked.rule
    if asked.since is not None:
        yield Reflection.received >= datetime.combine(asked.since, time.min, UTC)
    if asked.until is not None:
        yield Reflection.received <= datetime.combine(asked.until, time.max, UTC)


def _terms(asked: Asked) -> list[Term] | None:
    """The words that an item must have; ``None`` where words are asked for that no item can have."""
    said, by = words.said(asked.words), words.written_by(asked.author)
    if (asked.words and not said) or (asked.author and not by):
        return None
    found = [*said, *by]
    if asked.type is not None:
        found.append(words.of_type(asked.type))
    if asked.kind is not None and asked.state is not State.RECEIVED:
        found.append(words.of_kind(asked.kind))
    return found


def _domain(host: str) -> str:
    """The registrable domain that an item's host is kept as."""
    try:
        return parse(host if "://" in host else f"https://{host}").domain
    except BadAddress:
        return host


def _on_posts(session: Session, reach: Reach, post: str) -> ColumnElement[bool]:
    """Whether an item is on a post that is meant."""
    posts = session.scalars(_posts(post).where(reach(Post.site_id)).order_by(Post.id.desc()).limit(MOST_POSTS)).all()
    return Reflection.post_id == posts[0] if len(posts) == 1 else Reflection.post_id.in_(posts)


def _posts(post: str) -> Select[int]:
    if post.isascii() and post.isdigit() and len(post) < 10:
        return select(Post.id).where(Post.id == int(post))
    try:
        address = parse(post)
    except BadAddress:
        wanted = words.said(post)
        return select(Post.id).where(words.post_has(wanted) if wanted else false())
    keys = [post_key(address, slash_matters) for slash_matters in (False, True)]
    at = select(PostAddress.post_id).join(Site, Site.id == PostAddress.site_id).where(PostAddress.key.in_(keys))
    return select(Post.id).where(Post.id.in_(at))
