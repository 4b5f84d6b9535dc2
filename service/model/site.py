"""Sites: the pages under one or several address prefixes, with an owner's wishes for them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text, bindparam, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from service.model.base import Base, Moment
from service.values.address import Address, parse, prefix_key, prefix_keys, stored
from service.values.prefixes import Prefix, Prefixes


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
    demo: Mapped[bool] = mapped_column(default=False)
    """Whether it is the demo blog, which ``reflections demo remove`` removes."""
    created: Mapped[datetime] = mapped_column(Moment)
    held_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until when nothing is approved without a person (:mod:`service.model.brake`)."""
    closed_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until when its posts take nothing new, whatever they say themselves."""

    prefixes: Mapped[list[SitePrefix]] = relationship(back_populates="site", cascade="all, delete-orphan")


class SitePrefix(Base):
    """One prefix: host, port and path on a segment boundary, without the scheme (``blog.example/~a/``)."""

    __tablename__ = "site_prefix"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(Text)
    moved_to: Mapped[str | None] = mapped_column(Text)
    """The prefix under which its pages are by now (:mod:`service.model.relocation`)."""

    site: Mapped[Site] = relationship(back_populates="prefixes")


@dataclass(frozen=True, slots=True)
class Owner:
    """A site as strangers meet it."""

    id: int
    slash_matters: bool
    linkbacks_open: bool
    closed_until: datetime | None
    locale: str

    def closed(self, now: datetime) -> bool:
        """Whether its posts take nothing at all for now."""
        return self.closed_until is not None and now < self.closed_until


_site, _prefix = Site.__table__, SitePrefix.__table__
_OWNERS = (
    select(
        _prefix.c.key, _site.c.id, _site.c.slash_matters, _site.c.linkbacks_open, _site.c.closed_until, _site.c.locale
    )
    .join_from(_prefix, _site)
    .where(_prefix.c.key.in_(bindparam("keys", expanding=True)))
)
_OF = (
    select(Site)
    .join(SitePrefix)
    .where(SitePrefix.key.in_(bindparam("keys", expanding=True)))
    .order_by(func.length(SitePrefix.key).desc())
    .limit(1)
)


class BadSite(ValueError):
    """Addresses that can't be a site's, with the sentence that says why."""


def hashed(token: str) -> str:
    """How a token is kept: tokens are random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def add(
    session: Session, bases: list[Address], now: datetime, name: str = "", locale: str = "en"
) -> tuple[Site, str, str]:
    """A new site under ``bases`` with its token and its read token, which can't be asked for again.

    Raises :class:`BadSite` where a base is no prefix or another site's.
    """
    prefixes = {prefix_key(base): base for base in reversed(bases)}
    for key, base in prefixes.items():
        if base.query is not None or base.fragment is not None:
            raise BadSite(f"{base.url} has a query or a fragment: a site is an address with an optional path")
        if (taken := session.get(SitePrefix, key)) is not None:
            raise BadSite(f"{base.page} belongs to site {taken.site_id} already")
    token, read_token = new_token(), new_token()
    site = Site(
        base_url=bases[0].page,
        name=name,
        locale=locale,
        token_hash=hashed(token),
        read_token_hash=hashed(read_token),
        created=now,
        prefixes=[SitePrefix(key=key, url=base.page) for key, base in prefixes.items()],
    )
    session.add(site)
    try:
        session.flush()
    except IntegrityError:
        raise BadSite(f"{bases[0].page} was taken by another site just now") from None
    return site, token, read_token


def unfit(session: Session, site: Site | None, base: Address) -> str | None:
    """Why the pages under ``base`` can't be this site's too, or a new one's: it is no ``prefix``, another site's
    (``taken``), or another site has posts there (``others``)."""
    key, mine = prefix_key(base), site.id if site else 0
    if base.query is not None or base.fragment is not None:
        return "prefix"
    there = session.get(SitePrefix, key)
    if there is not None:
        return None if there.site_id == mine else "taken"
    around = select(SitePrefix.site_id).where(SitePrefix.key.in_(list(prefix_keys(base))), SitePrefix.site_id != mine)
    posts = Base.metadata.tables["post_address"]
    theirs = select(posts.c.id).where(posts.c.site_id.in_(around), under(posts.c.key, key))
    return "others" if session.scalar(theirs.limit(1)) is not None else None


def under(column: Any, prefix: str) -> ColumnElement[bool]:
    """Whether what stands in a column is under a prefix, which ends with a slash; its own page too."""

    def begins(text: str) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = func.substr(column, 1, len(text)) == text
        return condition

    front = prefix.rstrip("/")
    return or_(begins(prefix), begins(f"{front}?"), column == front)


def renew_token(session: Session, site: Site) -> str:
    """A new moderation token; the old one is worth nothing from now on."""
    token = new_token()
    site.token_hash = hashed(token)
    session.flush()
    return token


def renew_read_token(session: Session, site: Site) -> str:
    """A new read token; the old one is worth nothing from now on."""
    token = new_token()
    site.read_token_hash = hashed(token)
    session.flush()
    return token


def every(session: Session) -> list[Site]:
    """All sites, in the order in which they came."""
    return list(session.scalars(select(Site).order_by(Site.id)))


def based_at(session: Session, base: Address) -> Site | None:
    """The site that has exactly this base."""
    prefix = session.get(SitePrefix, prefix_key(base))
    return prefix.site if prefix else None


def of(session: Session, address: Address) -> Site | None:
    """The site that an address belongs to: the longest prefix on a segment boundary."""
    return session.scalar(_OF, {"keys": list(prefix_keys(address))})


def owners(session: Session, addresses: Sequence[Address]) -> list[Owner | None]:
    """The site that each address belongs to, as :func:`of` says, in one query."""
    keys = [list(prefix_keys(address)) for address in addresses]
    rows = session.execute(_OWNERS, {"keys": sorted({key for some in keys for key in some})})
    found = {key: Owner(*said) for key, *said in rows}
    return [next((found[key] for key in reversed(some) if key in found), None) for some in keys]


def by_token(session: Session, token: str) -> Site | None:
    """The site whose moderation token this is. The look-up is by hash, so its time tells nothing of the token."""
    return session.scalar(select(Site).where(Site.token_hash == hashed(token)))


def prefixes(session: Session, site_id: int) -> Prefixes:
    """The prefixes of a site, and where their pages went."""
    rows = session.execute(
        select(SitePrefix.key, SitePrefix.url, SitePrefix.moved_to).where(SitePrefix.site_id == site_id)
    )
    return Prefixes({key: Prefix(parse(url), stored(moved_to)) for key, url, moved_to in rows})


def bases(site: Site) -> list[Address]:
    return [parse(prefix.url) for prefix in site.prefixes]
