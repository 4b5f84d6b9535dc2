"""Sites: the pages under one or several address prefixes, with an owner's wishes for them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, bindparam, func, select
from sqlalchemy.exc import IntegrityError
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


def bases(site: Site) -> list[Address]:
    return [parse(prefix.url) for prefix in site.prefixes]
