"""Our own posts: each is looked at when it is first named, before the sources of its items are fetched, and weekly
while it draws items.

What is learnt: whether it exists, what its heading says, and by which other addresses it goes. An address that is
another post's already stays that post's: threads are never merged by what a page says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.decide.look import sight
from service.model import Post, PostAddress, Reflection, site
from service.model.insert import insert
from service.values.address import LONGEST, Address, BadAddress, parse, post_key, prefix_key, stored
from service.values.page import Failure, Page, Unchanged
from workers.due import Look
from workers.reading.heading import Heading


def settle(
    session: Session,
    look: Look,
    fetched: Page | Unchanged | Failure,
    heading: Heading | None,
    now: datetime,
    chance: float,
) -> bool:
    """Writes what the look at a post brought; whether it was still ours to write.

    ``heading`` is what the page says of itself, where it could be read; else what was known of it stays.
    """
    post = session.get(Post, look.post, with_for_update=True, populate_existing=True)
    if post is None or post.lease != look.token:
        return False
    outcome = sight(look.attempts, fetched, now, chance, _drawn(session, post))
    post.looked_at, post.due_at, post.attempts = now, outcome.due, outcome.attempts
    post.waits_since = post.waits_since if outcome.attempts else None
    post.deaths, post.lease, post.leased_until = 0, None, None
    if outcome.exists is not None:
        post.exists = outcome.exists
    if heading is not None:
        post.title = heading.title or post.title
        post.published = heading.published or post.published
    if isinstance(fetched, Page):
        names = list(_names(fetched, heading))
        _bind(session, post, names)
        post.url = _called(post, names)
    return True


def _drawn(session: Session, post: Post) -> datetime | None:
    """When the newest of its items came."""
    return session.scalar(select(func.max(Reflection.received)).where(Reflection.post_id == post.id))


def _names(page: Page, heading: Heading | None) -> Iterator[Address]:
    """The other addresses of the page: where its own moved to for good, and the one that it wants to have."""
    if page.moved:
        yield page.final
    if heading is not None and heading.canonical is not None:
        try:
            yield parse(heading.canonical)
        except BadAddress:
            return


def _called(post: Post, names: Sequence[Address]) -> str:
    """The post's address as its own page writes it, scheme and slash: whoever named it first may have written it in
    his own way."""
    slash = post.site.slash_matters
    known = stored(post.url)
    own = [name.page for name in names if known and post_key(name, slash) == post_key(known, slash)]
    return own[-1] if own else post.url


def _bind(session: Session, post: Post, names: Sequence[Address]) -> None:
    """Makes them addresses of the post, as far as they are pages of its site that no post has yet, and not longer than
    what anybody could name.

    Never the site's front page: themes that name it as canonical on every page are not rare, nor are servers that send
    there whoever asks for what they have not.
    """
    for address in names:
        its = site.of(session, address) if len(address.url) <= LONGEST else None
        if its is None or its.id != post.site_id or prefix_key(address) in {one.key for one in its.prefixes}:
            continue
        values = {"site_id": post.site_id, "post_id": post.id, "key": post_key(address, its.slash_matters)}
        session.execute(insert(session, PostAddress).values(values).on_conflict_do_nothing())
