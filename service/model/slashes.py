"""Whether ``/post`` and ``/post/`` are two posts of a site: what a change of that does to the posts that are known.

Whatever led to a post leads to it afterwards too. So those that are known stay one post at both addresses; pages that
are named for the first time from then on are told apart, or no longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.model import post as posts
from service.model.post import Post, PostAddress
from service.model.reflection import Reflection
from service.model.site import Site


def change(session: Session, site: Site, matter: bool) -> Sequence[tuple[Post, Post]]:
    """Lets slashes matter on a site, or not; nothing of it where there are pairs of posts with items of their own that
    would be one. These are given."""
    if site.slash_matters is matter:
        return ()
    rows = session.execute(select(PostAddress.key, PostAddress.post_id).where(PostAddress.site_id == site.id))
    known: dict[str, int] = dict(rows.tuples().all())
    if matter:
        slashed = [(post, _with_slash(key)) for key, post in known.items()]
        posts.bind(session, site.id, [(post, key) for post, key in slashed if key not in known])
    else:
        folded = [(post, bare, known.get(bare)) for key, post in known.items() if (bare := _without_slash(key)) != key]
        busy = _busy(session, {post for one in folded for post in (one[0], one[2]) if post})
        pairs = {(post, other) for post, _, other in folded if other not in (None, post) and {post, other} <= busy}
        if pairs:
            found = {
                post.id: post
                for post in session.scalars(select(Post).where(Post.id.in_({one for pair in pairs for one in pair})))
            }
            return [(found[post], found[other]) for post, other in sorted(pairs) if other is not None]
        posts.bind(session, site.id, [(post, key) for post, key, other in folded if other is None])
        for post, key, other in folded:
            if other not in (None, post) and post in busy:
                # Of the two it alone has items.
                its = update(PostAddress).where(PostAddress.site_id == site.id, PostAddress.key == key)
                session.execute(its.values(post_id=post), execution_options={"synchronize_session": False})
    site.slash_matters = matter
    session.flush()
    return ()


def _with_slash(key: str) -> str:
    path, mark, query = key.partition("?")
    return f"{path.rstrip('/')}/{mark}{query}"


def _without_slash(key: str) -> str:
    """As :func:`service.values.address.post_key` folds it: the root of a host keeps its slash."""
    path, mark, query = key.partition("?")
    host, _, rest = path.partition("/")
    return f"{host}/{rest.rstrip('/')}{mark}{query}"


def _busy(session: Session, those: set[int]) -> set[int]:
    wanted = sorted(those)
    found: set[int] = set()
    for start in range(0, len(wanted), 5_000):
        some = select(Reflection.post_id).where(Reflection.post_id.in_(wanted[start : start + 5_000])).distinct()
        found.update(session.scalars(some))
    return found
