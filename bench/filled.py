"""A database that is filled: threads that are up, and claims that wait for their verification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from config.settings import PREFIX, load
from service.migrations import upgrade
from service.model import Arrival, Post, PostAddress, Reflection, Revision, Site, site
from service.model.engine import create, prepare, writing
from service.model.reflection import new_uid
from service.values import clean
from service.values.address import parse, post_key
from service.values.state import Kind, Protocol, State

BLOG = "https://blog.example/"

WORDS = ("Thanks, this helped.", "I see it otherwise.", "And what of Windows?", "Well said!", "See my own post on it.")
"""What readers say, in turn: 20 of them make a thread of about 8 KB."""


@contextmanager
def database(folder: Path) -> Iterator[Engine]:
    """The database of a run that keeps its data in ``folder``, made and without a row."""
    url = load({PREFIX + "DATA_DIR": str(folder)}).database
    prepare(url)
    upgrade(url)
    engine = create(url)
    try:
        yield engine
    finally:
        engine.dispose()


def threads(engine: Engine, sizes: Mapping[str, int]) -> None:
    """A post of the blog for each name, with so many approved items."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        blog = _blog(session, now)
        posts = [_post(session, blog, name, now) for name in sizes]
        items = [
            _item(blog, post, f"https://reader-{n}.example/{name}", State.APPROVED, now - timedelta(minutes=size - n))
            for (name, size), post in zip(sizes.items(), posts, strict=True)
            for n in range(size)
        ]
        for row in items:
            row |= {"latest": 1, "shown": 1, "decided": 1, "checked": now}
        said = chain.from_iterable(range(size) for size in sizes.values())
        session.execute(
            insert(Revision),
            [_revision(item, n, now) for item, n in zip(_added(session, items), said, strict=True)],
        )


def claims(engine: Engine, sources: Sequence[str]) -> None:
    """Webmentions of these sources, due now, to a post that is known to be there."""
    now = datetime.now(UTC)
    received = now - timedelta(hours=1)  # a missing link in a claim of this minute may be a cache's fault
    with writing(engine) as session:
        blog = _blog(session, now)
        post = _post(session, blog, "post", now)
        items = [{**_item(blog, post, source, State.RECEIVED, received), "due_at": now} for source in sources]
        arrival = {"protocol": Protocol.WEBMENTION, "target": post.url, "first": now}
        session.execute(insert(Arrival), [{**arrival, "reflection_id": item} for item in _added(session, items)])


def _blog(session: Session, now: datetime) -> Site:
    blog = site.of(session, parse(BLOG))
    return blog or site.add(session, [parse(BLOG)], now)[0]


def _post(session: Session, blog: Site, name: str, now: datetime) -> Post:
    address = parse(BLOG + name)
    post = Post(site_id=blog.id, url=address.page, title=f"About {name}", exists=True, created=now, looked_at=now)
    post.addresses.append(PostAddress(site_id=blog.id, key=post_key(address)))
    session.add(post)
    session.flush()
    return post


def _item(blog: Site, post: Post, source: str, state: State, received: datetime) -> dict[str, Any]:
    address = parse(source)
    return {
        "uid": new_uid(),
        "site_id": blog.id,
        "post_id": post.id,
        "kind": Kind.WEBMENTION,
        "source": address.url,
        "source_key": hashlib.sha256(address.page.encode()).hexdigest(),
        "host": address.domain,
        "state": state,
        "received": received,
    }


def _added(session: Session, items: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """The ids of these reflections, now that they are in."""
    return session.scalars(insert(Reflection).returning(Reflection.id, sort_by_parameter_order=True), items).all()


def _revision(item: int, n: int, now: datetime) -> dict[str, Any]:
    words = WORDS[n % len(WORDS)]
    return {
        "reflection_id": item,
        "number": 1,
        "made": now,
        "relation": "reply",
        "author_name": f"Reader {n}",
        "author_url": f"https://reader-{n}.example/",
        "html": f"<p>{words}</p>",
        "text": words,
        "published": "2026-03-01T09:30:00Z",
        "cleaned_by": clean.VERSION,
    }
