"""Sites: the pages under one or several address prefixes, with an owner's wishes for them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.model.base import Base, Moment
from service.values.address import Address, parse, prefix_key, prefix_keys


class Site(Base):
    """One owner's pages. Tokens are kept as hashes; they are shown once."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    base_url: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    read_token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    slash_matters: Mapped[bool] = mapped_column(default=False)
    """Whether ``/post`` and ``/post/`` are two posts here."""
    comments_open: Mapped[bool] = mapped_column(default=True)
    linkbacks_open: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime] = mapped_column(Moment)

    prefixes: Mapped[list[SitePrefix]] = relationship(back_populates="site", cascade="all, delete-orphan")


class SitePrefix(Base):
    """One prefix: host, port and path on a segment boundary, without the scheme (``blog.example/~a/``)."""

    __tablename__ = "site_prefix"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)

    site: Mapped[Site] = relationship(back_populates="prefixes")


def hashed(token: str) -> str:
    """How a token is kept: tokens are random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def add(
    session: Session, bases: list[Address], now: datetime, name: str = "", locale: str = "en"
) -> tuple[Site, str, str]:
    """A new site under ``bases`` with its token and its read token, which can't be asked for again."""
    token, read_token = new_token(), new_token()
    site = Site(
        base_url=bases[0].page,
        name=name,
        locale=locale,
        token_hash=hashed(token),
        read_token_hash=hashed(read_token),
        created=now,
        prefixes=[SitePrefix(key=prefix_key(base), url=base.page) for base in bases],
    )
    session.add(site)
    session.flush()
    return site, token, read_token


def of(session: Session, address: Address) -> Site | None:
    """The site that an address belongs to: the longest prefix on a segment boundary."""
    keys = list(prefix_keys(address))
    found = session.scalars(select(SitePrefix).where(SitePrefix.key.in_(keys))).all()
    return max(found, key=lambda prefix: len(prefix.key)).site if found else None


def by_token(session: Session, token: str) -> Site | None:
    """The site whose moderation token this is. The look-up is by hash, so its time tells nothing of the token."""
    return session.scalar(select(Site).where(Site.token_hash == hashed(token)))


def bases(site: Site) -> list[Address]:
    return [parse(prefix.url) for prefix in site.prefixes]
