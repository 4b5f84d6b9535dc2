"""Posts: the pages that reflections point at, and which post an address means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ForeignKey, Index, String, Table, Text, UniqueConstraint, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.model import site as sites
from service.model.base import Base, Moment
from service.model.insert import insert
from service.model.site import Owner, Site
from service.values.address import LONGEST, Address, post_key, untracked


class Post(Base):
    """One page of a site. It is due for a look by its own columns, like a reflection for its verification."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_due", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    said: Mapped[str] = mapped_column(Text, default="")
    """The words of its title and address (:mod:`service.model.words`)."""
    published: Mapped[str | None] = mapped_column(String(40))
    exists: Mapped[bool | None] = mapped_column()
    """What our last look said: ``None`` while nothing is known."""
    comments_open: Mapped[bool | None] = mapped_column()
    """``None``: as the site says."""
    linkbacks_open: Mapped[bool | None] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)
    """Raised by each change of what is public; published bytes belong to one version."""
    created: Mapped[datetime] = mapped_column(Moment)
    looked_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    waits_since: Mapped[datetime | None] = mapped_column(Moment)

    site: Mapped[Site] = relationship()
    addresses: Mapped[list[PostAddress]] = relationship(back_populates="post", cascade="all, delete-orphan")


class PostAddress(Base):
    """One key under which a post is known; redirects and canonical addresses add to them."""

    __tablename__ = "post_address"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(Text)

    post: Mapped[Post] = relationship(back_populates="addresses")


Place = tuple[int, str]
"""A site's id, and the key of a post there."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a claim needs to know of its post."""

    id: int
    site_id: int
    exists: bool | None
    looked_at: datetime | None
    linkbacks_open: bool | None


_post, _address = cast(Table, Post.__table__), PostAddress.__table__
_AT = (
    select(_address.c.key, _post.c.id, _post.c.site_id, _post.c.exists, _post.c.looked_at, _post.c.linkbacks_open)
    .join_from(_address, _post)
    .where(
        _address.c.site_id.in_(bindparam("site_ids", expanding=True)),
        _address.c.key.in_(bindparam("keys", expanding=True)),
    )
)
_KNOWN = (
    select(Post)
    .join(PostAddress)
    .where(PostAddress.site_id == bindparam("site_id"), PostAddress.key == bindparam("key"))
)
_IDS = select(_address.c.site_id, _address.c.key, _address.c.post_id).where(
    _address.c.site_id.in_(bindparam("site_ids", expanding=True)), _address.c.key.in_(bindparam("keys", expanding=True))
)


_DREW = (
    update(_post)
    .where(_post.c.id == bindparam("post"), _post.c.due_at.is_(None), _post.c.exists.is_not(False))
    .values(due_at=bindparam("look"))
)


def known(session: Session, site: Site | Owner, address: Address) -> Post | None:
    """The post of this site that the address means, if it was ever named."""
    return session.scalar(_KNOWN, {"site_id": site.id, "key": post_key(address, site.slash_matters)})


def at(session: Session, places: Collection[Place]) -> Mapping[Place, Known]:
    """What the posts at these places are known for, in one query; what was never named is left out."""
    if not places:
        return {}
    wanted = {"site_ids": sorted({site for site, _ in places}), "keys": sorted({key for _, key in places})}
    found = ((key, Known(*said)) for key, *said in session.execute(_AT, wanted))
    return {(post.site_id, key): post for key, post in found}


def ids(session: Session, places: Collection[Place]) -> Mapping[Place, int]:
    """The posts at these places, in one query; what was never named is left out."""
    wanted = {"site_ids": sorted({site for site, _ in places}), "keys": sorted({key for _, key in places})}
    return {(site_id, key): post_id for site_id, key, post_id in session.execute(_IDS, wanted)}


def named(session: Session, site: Site | Owner, address: Address, now: datetime) -> Post:
    """The post that the address means; one named for the first time is due for a look at once. Where its site moved,
    it is called by its new address, and known by those that it had.

    Safe against a race: whoever is second finds the first one's row.
    """
    post = known(session, site, address)
    if post is not None:
        return post
    prefixes = sites.prefixes(session, site.id)
    called = prefixes.called(address)
    if len(called.url) > LONGEST:
        called = address
    post = known(session, site, called) if called != address else None
    if post is None:
        post = _made(session, site, called, now)
    also = {one for one in (address, *prefixes.formerly(called)) if one != called and len(one.url) <= LONGEST}
    bind(session, site.id, [(post.id, post_key(one, site.slash_matters)) for one in also])
    return post


def bind(session: Session, site_id: int, known: Sequence[tuple[int, str]]) -> None:
    """Lets each of these posts be known by a further key, as far as no post is yet."""
    rows = [{"site_id": site_id, "post_id": post, "key": key} for post, key in sorted(known)]
    if rows:
        session.connection().execute(insert(session, PostAddress).on_conflict_do_nothing(), rows)


def _made(session: Session, site: Site | Owner, address: Address, now: datetime) -> Post:
    key = post_key(address, site.slash_matters)
    post = Post(site_id=site.id, url=untracked(address).page, created=now, due_at=now)
    session.add(post)
    session.flush()
    bound = insert(session, PostAddress).values(site_id=site.id, post_id=post.id, key=key).on_conflict_do_nothing()
    if session.scalar(bound.returning(PostAddress.id)) is not None:
        return post
    session.delete(post)
    session.flush()
    first = known(session, site, address)
    assert first is not None
    return first


def look_again(session: Session, post: Post, now: datetime) -> None:
    """Forgets that the post was not there: it is due for a look, and its items wait for what that says."""
    post.exists = post.looked_at = None
    post.due_at, post.attempts, post.deaths = now, 0, 0
    session.flush()


def publish(session: Session, posts: Collection[int]) -> None:
    """Ends the published version of these posts: the next reader gets what is public now."""
    session.execute(
        update(Post)
        .where(Post.id.in_(sorted(posts)))
        .values(version=Post.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def drew(session: Session, post_id: int, look: datetime) -> None:
    """The post drew an item: it is looked at again by then, unless a look is due anyway or it does not exist."""
    session.execute(_DREW, {"post": post_id, "look": look})
