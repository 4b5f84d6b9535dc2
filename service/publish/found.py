"""An address → its site, the post that it means and the bytes that are kept of that, in one query.

Every public read of a page begins with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, bindparam, case, func, select

from service.model import Post, PostAddress, Published, Site, SitePrefix
from service.publish import asked
from service.publish.bytes import Bytes
from service.publish.thread import Heading
from service.values.address import Address, parse, post_key, prefix_keys
from service.values.reason import Refused

_site, _prefix, _post = Site.__table__, SitePrefix.__table__, Post.__table__
_address, _published = PostAddress.__table__, Published.__table__

_KEY = case((_site.c.slash_matters, bindparam("exact")), else_=bindparam("folded"))
_FOUND = (
    select(
        _site.c.id,
        _site.c.locale,
        func.coalesce(_post.c.comments_open, _site.c.comments_open),
        func.coalesce(_post.c.linkbacks_open, _site.c.linkbacks_open),
        _site.c.closed_until,
        _post.c.id,
        _post.c.url,
        _post.c.title,
        _post.c.version,
        _published.c.made_of,
        _published.c.etag,
        _published.c.body,
        _published.c.gzip,
        _published.c.brotli,
    )
    .select_from(_prefix)
    .join(_site, _site.c.id == _prefix.c.site_id)
    .outerjoin(_address, and_(_address.c.site_id == _site.c.id, _address.c.key == _KEY))
    .outerjoin(_post, _post.c.id == _address.c.post_id)
    .outerjoin(
        _published,
        and_(
            _published.c.post_id == _post.c.id,
            _published.c.view == bindparam("view"),
            _published.c.version == _post.c.version,
        ),
    )
    .where(_prefix.c.key.in_(bindparam("prefixes", expanding=True)))
    .order_by(func.length(_prefix.c.key).desc())
    .limit(1)
)
_BASES = select(_prefix.c.url).where(_prefix.c.site_id == bindparam("site"))


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that were kept, and what they were made of beside the post's items."""

    made_of: str
    bytes: Bytes


@dataclass(frozen=True, slots=True)
class Found:
    """The site that an address belongs to, and the post that it means, if one was ever named."""

    site: int
    heading: Heading
    post: int | None
    version: int
    kept: Kept | None
    """The bytes of the view that is asked for, if some were made in the post's present version."""


def find(connection: Connection, url: str, view: str) -> Found:
    """What there is at ``url``, with the bytes that are kept of ``view``; :class:`Refused` where it is no address
    (``invalid_url``, …) or of no site (``unknown_site``)."""
    address = asked.read(url)
    wanted = {
        "prefixes": list(prefix_keys(address)),
        "exact": post_key(address, slash_matters=True),
        "folded": post_key(address),
        "view": view,
    }
    row = connection.execute(_FOUND, wanted).first()
    if row is None:
        raise Refused("unknown_site")
    site, locale, comments, linkbacks, closed_until, post, known, title, version, made_of, *bytes_ = row
    takes_any = closed_until is None or closed_until <= datetime.now(UTC)
    comments, linkbacks = bool(comments) and takes_any, bool(linkbacks) and takes_any
    if post is None:
        return Found(site, Heading(address.page, "", locale, comments, linkbacks), None, 0, None)
    heading = Heading(known, title, locale, comments, linkbacks, str(post))
    return Found(site, heading, post, version, Kept(made_of, Bytes(*bytes_)) if made_of else None)


def bases(connection: Connection, site: int) -> list[Address]:
    """The addresses under which the site has its pages."""
    return [parse(url) for url in connection.scalars(_BASES, {"site": site})]
