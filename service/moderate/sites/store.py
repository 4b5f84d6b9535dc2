"""What an owner changes of a site, each in one transaction: nothing is lost by it, and nothing becomes another's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from service.model import Post, Site, SitePrefix, slashes
from service.model import site as sites
from service.model.site import BadSite
from service.values.address import Address, prefix_key, stored
from service.values.prefixes import Prefixes

LONGEST_NAME = 100


class NoSite(Exception):
    """There is no such site, or not any more."""


class BadChange(ValueError):
    """What can't be had; ``code`` is one of :data:`service.moderate.sites.words.WRONG`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Settings:
    """What a form of the page holds."""

    name: str
    locale: str
    linkbacks: bool
    """Whether its posts take linkbacks, unless they say otherwise themselves."""
    slashes: bool
    """Whether ``/post`` and ``/post/`` are two posts."""

    @property
    def seen(self) -> str:
        """What tells it from other settings: a form that was filled in over others is not taken."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Standing:
    """One of a site's addresses."""

    key: str
    url: str
    main: bool
    moved_to: str | None
    posts: int
    """Posts that are called by it."""


def of(site: Site) -> Settings:
    """What they are now."""
    return Settings(site.name, site.locale, site.linkbacks_open, site.slash_matters)


def locked(session: Session, number: int) -> Site:
    """The site, until the transaction ends; :class:`NoSite` where there is none."""
    site = session.get(Site, number, with_for_update=True, populate_existing=True)
    if site is None:
        raise NoSite
    return site


def add(session: Session, base: Address, now: datetime, name: str, locale: str) -> tuple[Site, str, str]:
    """A new site with its tokens; raises :class:`BadChange`."""
    wrong = sites.unfit(session, None, base)
    if wrong:
        raise BadChange(wrong)
    try:
        return sites.add(session, [base], now, name, locale)
    except BadSite:
        raise BadChange("taken") from None


def change(session: Session, number: int, wanted: Settings, seen: str) -> Sequence[tuple[Post, Post]]:
    """Makes them what is wanted, if they are what was ``seen``; nothing of it where pairs of posts would become one,
    which are given then. Raises :class:`BadChange`."""
    site = locked(session, number)
    if of(site).seen != seen:
        raise BadChange("overtaken")
    pairs = slashes.change(session, site, wanted.slashes)
    if pairs:
        session.expunge_all()
        return pairs
    site.name, site.locale, site.linkbacks_open = wanted.name, wanted.locale, wanted.linkbacks
    return ()


def add_address(session: Session, number: int, base: Address) -> None:
    """The pages under this are the site's too; raises :class:`BadChange`."""
    site = locked(session, number)
    wrong = sites.unfit(session, site, base)
    if wrong:
        raise BadChange(wrong)
    if session.get(SitePrefix, prefix_key(base)) is not None:
        raise BadChange("there")
    session.add(SitePrefix(key=prefix_key(base), site_id=site.id, url=base.page))
    session.flush()


def remove_address(session: Session, number: int, key: str) -> None:
    """What is sent there is taken no longer; raises :class:`BadChange` where posts are called by it."""
    site = locked(session, number)
    prefix = session.get(SitePrefix, key)
    if prefix is None or prefix.site_id != site.id:
        return
    one = next(one for one in addresses(session, site) if one.key == key)
    if one.main or one.posts:
        raise BadChange("main" if one.main else "posts")
    session.delete(prefix)


def addresses(session: Session, site: Site) -> list[Standing]:
    """Where it stands, the main address first."""
    prefixes = sites.prefixes(session, site.id)
    base = stored(site.base_url)
    main = prefix_key(base) if base else ""
    found = [
        Standing(
            key,
            one.at.page,
            key == main,
            one.moved_to.page if one.moved_to else None,
            _called(session, site, prefixes, key),
        )
        for key, one in prefixes.known.items()
    ]
    return sorted(found, key=lambda one: (not one.main, one.url))


def _called(session: Session, site: Site, prefixes: Prefixes, key: str) -> int:
    """How many posts are called by an address under this prefix, and no longer one of the site's."""
    longer = [other for other in prefixes.known if other != key and other.startswith(key)]
    those = (Post.site_id == site.id, _under(key), *(~_under(other) for other in longer))
    return session.scalar(select(func.count()).where(*those)) or 0


def _under(key: str) -> ColumnElement[bool]:
    return or_(*(sites.under(Post.url, f"{scheme}://{key}") for scheme in ("https", "http")))
