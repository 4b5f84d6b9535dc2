"""Labelled comments as a site's past: written, and decided by somebody who had seen them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Engine

from service.model import Reflection, Revision, Site
from service.model.engine import writing
from service.model.post import named
from service.model.states import Step, step
from service.values.address import parse
from service.values.state import Kind, State

OFFERS = (
    "Check out my channel and subscribe for free followers, number {}",
    "Subscribe to my channel please, check out video {}",
    "Free followers here: check out my page {} and subscribe",
)
LETTERS = (
    "I walked along the harbour with this in my head, {} times",
    "My grandmother read this song to us on Sundays in 19{}",
    "The second verse is the best one, I think, after {} years",
)


def past(number: int) -> list[tuple[str, State]]:
    """So many comments with what becomes of them, spam and letters by turns."""
    offers = [(OFFERS[n % 3].format(n), State.SPAM) for n in range(number // 2)]
    letters = [(LETTERS[n % 3].format(n), State.APPROVED) for n in range(number - number // 2)]
    return [one for pair in zip(letters, offers, strict=False) for one in pair]


def decide(
    engine: Engine, site: int, target: str, comments: Iterable[tuple[str, State]], by: str = "Olga", seen: bool = True
) -> None:
    """Comments on a post of the site, each decided by somebody; by a rule where nobody has seen it."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        post = named(session, session.get_one(Site, site), parse(target), now)
        for text, to in comments:
            key = hashlib.sha256(f"{by} {text}".encode()).hexdigest()
            columns = {"site_id": site, "post_id": post.id, "kind": Kind.COMMENT, "source_key": key, "received": now}
            item = Reflection(**columns, state=State.PENDING, latest=1)
            session.add(item)
            session.flush()
            session.add(Revision(reflection_id=item.id, number=1, made=now, made_by="writer", text=text))
            session.flush()
            shown = 1 if to is State.APPROVED else None
            step(session, item, Step(State.PENDING, to, by, seen=1 if seen else None, show=shown), now)
