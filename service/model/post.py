"""Posts: the pages that reflections point at, and which post an address means."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.model.base import Base, Moment
from service.model.insert import insert
from service.model.site import Site
from service.values.address import Address, post_key


class Post(Base):
    """One page of a site. It is due for a look by its own columns, like a reflection for its verification."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_due", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
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

    site: Mapped[Site] = relationship()
    addresses: Mapped[list[PostAddress]] = relationship(back_populates="post", cascade="all, delete-orphan")

    @property
    def takes_comments(self) -> bool:
        return self.site.comments_open if self.comments_open is None else self.comments_open

    @property
    def takes_linkbacks(self) -> bool:
        return self.site.linkbacks_open if self.linkbacks_open is None else self.linkbacks_open


class PostAddress(Base):
    """One key under which a post is known; redirects and canonical addresses add to them."""

    __tablename__ = "post_address"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(Text)

    post: Mapped[Post] = relationship(back_populates="addresses")


def known(session: Session, site: Site, address: Address) -> Post | None:
    """The post of this site that the address means, if it was ever named."""
    key = post_key(address, site.slash_matters)
    return session.scalar(select(Post).join(PostAddress).where(PostAddress.site_id == site.id, PostAddress.key == key))


def named(session: Session, site: Site, address: Address, now: datetime) -> Post:
    """The post that the address means; one named for the first time is due for a look at once.

    Safe against a race: whoever is second finds the first one's row.
    """
    post = known(session, site, address)
    if post is not None:
        return post
    key = post_key(address, site.slash_matters)
    post = Post(site_id=site.id, url=address.page, created=now, due_at=now)
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
    post.due_at, post.attempts = now, 0
    session.flush()
