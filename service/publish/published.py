"""Published bytes: made once for each version of a post, kept in the database, compared at each read.

Nothing that was taken down outlives its version: whoever changes what is public raises the version in the same
transaction, and bytes are given only under the version that they were made of. They are also given only while all else
that went into them (title, locale, what is open, the cleaning, the words, our own form) is what it was, so that none of
those has to be remembered either.

Nobody waits until bytes are kept: if they can't be, or are lost on the way, the next reader's are made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Engine, Integer, LargeBinary, String, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.database import Kind, db, write_later
from service.languages.widget import edition
from service.model import Post, Published
from service.model.insert import dialect
from service.publish.bytes import Bytes, plain
from service.publish.found import Found
from service.values import clean

FORM = 1
"""Raised when the form of what we publish changes."""

_post, _published = Post.__table__, Published.__table__
_COLUMNS = ("post_id", "view", "version", "made_of", "etag", "body", "gzip", "brotli")
_ROW = select(
    _post.c.id,
    bindparam("view", type_=String),
    _post.c.version,
    *(bindparam(name, type_=String) for name in ("made_of", "etag")),
    *(bindparam(name, type_=LargeBinary) for name in ("body", "gzip", "brotli")),
).where(_post.c.id == bindparam("post", type_=Integer), _post.c.version == bindparam("version", type_=Integer))
"""The row, if the post is still in the version of which the bytes were made: else somebody decided meanwhile."""


_OLDER = delete(Published).where(_published.c.post_id == bindparam("post"), _published.c.version < bindparam("version"))


def _latest(insert: Any) -> Any:
    """The INSERT that takes an older row's place; a version is never taken back."""
    given = insert(_published).from_select(_COLUMNS, _ROW)
    values = {name: given.excluded[name] for name in _COLUMNS[2:]}
    where = _published.c.version <= given.excluded.version
    return given.on_conflict_do_update(index_elements=["post_id", "view"], set_=values, where=where)


_LATEST = {"sqlite": _latest(sqlite.insert), "postgresql": _latest(postgresql.insert)}


def of(found: Found, view: str, facts: object, render: Callable[[], bytes], *, keep: bool = True) -> Bytes:
    """The bytes of this view of the post in its present version: those kept, or else rendered now.

    ``facts`` is all that they are made of beside the post's items. They are kept if ``keep``. They are compressed for
    all when somebody asks for them again: most threads are read once in a version, and by few.
    """
    made_of = _hash((facts, FORM, clean.VERSION, edition()))
    kept = found.kept.bytes if found.kept and found.kept.made_of == made_of else None
    before = next(_asked(db.engine, found.post, view))
    made = kept or plain(render())
    if kept or before:
        made = made.packed("gzip", "br")
    if keep and made is not kept:
        _keep(found, view, made_of, made)
    return made


@lru_cache(maxsize=4096)
def _asked(_engine: Engine, _post: int | None, _view: str) -> Iterator[int]:
    """How often a view that was made here lately was asked for before."""
    return count()


def _hash(said: object) -> str:
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _keep(found: Found, view: str, made_of: str, made: Bytes) -> None:
    place = {"post": found.post, "version": found.version, "view": view, "made_of": made_of}
    row = place | {"etag": made.etag, "body": made.body, "gzip": made.gzip, "brotli": made.br}

    write_later(_KEEPING, row, "published bytes are not kept")


def _write(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[None]:
    in_order = sorted(rows, key=lambda row: (row["post"], row["view"]))  # of two processes neither waits for the other
    connection = session.connection()
    connection.execute(_OLDER, in_order)
    connection.execute(_LATEST[dialect(session)], in_order)
    return [None] * len(rows)


_KEEPING: Kind[Mapping[str, Any], None] = Kind(_write)
