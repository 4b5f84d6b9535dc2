"""Published bytes: made once for each version of a post, kept in the database, compared at each read.

Nothing that was taken down outlives its version: whoever changes what is public raises the version in the same
transaction, and bytes are given only under the version that they were made of. Bytes are also named by all else that
went into them (title, locale, what is open, the cleaning, the words, our own form), so that none of those has to be
remembered either. If the database can be read but not written, the bytes are given all the same.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import brotli
import structlog
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages.widget import edition
from service.model import Post, Published
from service.model.insert import dialect
from service.values import clean

FORM = 1
"""Raised when the form of what we publish changes."""

Result = TypeVar("Result")

log = structlog.get_logger()

_post, _published = Post.__table__, Published.__table__
_CURRENT = select(_post.c.version).where(_post.c.id == bindparam("post_id"))
_KEPT = select(_published.c.etag, _published.c.body, _published.c.gzip, _published.c.brotli).where(
    _published.c.post_id == bindparam("post_id"),
    _published.c.view == bindparam("view"),
    _published.c.version == bindparam("version"),
)
_OLDER = delete(Published).where(
    _published.c.post_id == bindparam("post_id"), _published.c.version < bindparam("version")
)


def _newer(insert: Any) -> Any:
    """The INSERT that takes an older version's place."""
    given = insert(_published)
    values = {name: given.excluded[name] for name in ("version", "etag", "body", "gzip", "brotli")}
    where = _published.c.version < given.excluded.version
    return given.on_conflict_do_update(index_elements=["post_id", "view"], set_=values, where=where)


_NEWER = {"sqlite": _newer(sqlite.insert), "postgresql": _newer(postgresql.insert)}


@dataclass(frozen=True, slots=True)
class Bytes:
    """One answer in three encodings, with its strong entity tag (quotes included)."""

    etag: str
    body: bytes
    gzip: bytes
    br: bytes

    def encoded(self, coding: str | None) -> bytes:
        return {"gzip": self.gzip, "br": self.br}.get(coding or "", self.body)


def pack(body: bytes) -> Bytes:
    """The bytes, compressed once for all who will read them."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Bytes(f'"{tag}"', body, gzip.compress(body, 9, mtime=0), brotli.compress(body, quality=5))


def of(post: Post, view: str, facts: object, render: Callable[[], bytes], *, keep: bool = True) -> Bytes:
    """The bytes of this view of the post in its present version: those kept, or else rendered now.

    ``facts`` is all that they are made of beside the post's items. They are kept if ``keep``.
    """
    post_id, version = post.id, post.version
    name = _name(view, facts)
    kept = db.session.execute(_KEPT, {"post_id": post_id, "view": name, "version": version}).first()
    if kept is not None:
        return Bytes(*kept)
    made = pack(render())
    if keep:
        _keep(post_id, name, version, made)
    return made


def _name(view: str, facts: object) -> str:
    said = repr((view, facts, FORM, clean.VERSION, edition()))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _keep(post_id: int, name: str, version: int, made: Bytes) -> None:
    def work(session: Session) -> None:
        place = {"post_id": post_id, "version": version}
        if session.scalar(_CURRENT, {"post_id": post_id}) != version:
            return  # somebody decided meanwhile, or the post is gone: the next reader's are newer
        session.execute(_OLDER, place)
        row = {"view": name, "etag": made.etag, "body": made.body, "gzip": made.gzip, "brotli": made.br}
        session.execute(_NEWER[dialect(session)], place | row)

    try:
        write(work)
    except DBAPIError as failed:
        log.warning("published bytes are not kept", post=post_id, error=str(failed.orig))
