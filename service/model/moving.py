"""Moving: an item goes beneath another post of its site, or a post to another address. What is sent for an item where
it was still comes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.model import post as posts
from service.model.event import Event
from service.model.insert import insert
from service.model.post import Post, PostAddress, publish
from service.model.reflection import Former, Reflection
from service.model.states import Step, as_it_was, step
from service.values.address import Address, post_key
from service.values.state import State

MOST = 500
"""Items that are moved in one go: one, and what is beneath it."""


def beneath(session: Session, item: Reflection) -> Sequence[Reflection]:
    """The item with all that answers it under the same post, locked; :data:`MOST` at the most."""
    found, level = [item], [item.id]
    while level and len(found) < MOST:
        answers = session.scalars(
            select(Reflection)
            .where(
                Reflection.parent_id.in_(level), Reflection.post_id == item.post_id, Reflection.state != State.ERASED
            )
            .order_by(Reflection.id)
            .limit(MOST - len(found))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        found += answers
        level = [one.id for one in answers]
    return found


def has(session: Session, post_id: int, items: Sequence[Reflection]) -> bool:
    """Whether there is another item of one of these sources under this post, erased ones too."""
    there = select(Reflection.id).where(
        Reflection.post_id == post_id,
        Reflection.source_key.in_({item.source_key for item in items}),
        Reflection.id.not_in({item.id for item in items}),
    )
    return session.scalar(there.limit(1)) is not None


def move(
    session: Session, item: Reflection, post: Post, parent: int | None, by: str, batch: int, now: datetime
) -> Event | None:
    """Moves one item beneath ``post``, as an answer to ``parent``; its event keeps from where."""
    was = {"post": item.post_id, "parent": item.parent_id}
    values = to(session, item, post.id, parent)
    wanted = Step(
        item.state,
        item.state,
        by,
        values=values,
        details={"before": as_it_was(session, item), "moved": was, "to": post.url},
        batch=batch,
    )
    return step(session, item, wanted, now)


def to(session: Session, item: Reflection, post_id: int, parent: int | None) -> dict[str, Any]:
    """The columns of an item that goes beneath another post; both posts are published anew."""
    left = {"post_id": item.post_id, "source_key": item.source_key, "reflection_id": item.id}
    keeps = insert(session, Former).values(left)
    session.execute(
        keeps.on_conflict_do_update(index_elements=["post_id", "source_key"], set_={"reflection_id": item.id})
    )
    session.execute(delete(Former).where(Former.post_id == post_id, Former.source_key == item.source_key))
    publish(session, {item.post_id, post_id})
    return {"post_id": post_id, "parent_id": parent}


def back(session: Session, item: Reflection, details: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The columns of an item that goes back to where it stood before an event with these details, if that moved it, or
    its post; ``None`` where that place is taken, or answers it by now, or its post was moved further."""
    if was := details.get("called"):
        if item.post.url not in (was, details["to"]):
            return None
        if item.post.url != was:
            called(session, item.post, was, item.post.version, now)
    if not (moved := details.get("moved")):
        return {}
    if has(session, moved["post"], [item]) or answers(session, moved["parent"], item):
        return None
    return to(session, item, moved["post"], moved["parent"])


def answers(session: Session, one: int | None, item: Reflection) -> bool:
    """Whether ``one`` is this item, or answers it over however many: beneath that it can't go. All that it asks stay
    locked until the transaction ends, so that of two who go beneath each other one comes second."""
    while one is not None and one != item.id:
        one = session.scalar(select(Reflection.parent_id).where(Reflection.id == one).with_for_update())
    return one is not None


def readdress(session: Session, post: Post, address: Address, now: datetime) -> bool:
    """Gives a post another address of its site, beside those that it has; whether that could be done: not where another
    post with items of its own stands there.

    The page is looked at anew. A post without items makes room, and its readers get what is here.
    """
    other = posts.known(session, post.site, address)
    version = post.version
    if other is None:
        key = post_key(address, post.site.slash_matters)
        session.add(PostAddress(site_id=post.site_id, post_id=post.id, key=key))
    elif other.id != post.id:
        if any(
            session.scalar(select(table.post_id).where(table.post_id == other.id)) for table in (Reflection, Former)
        ):
            return False
        version = max(version, other.version)
        session.execute(update(PostAddress).where(PostAddress.post_id == other.id).values(post_id=post.id))
        session.execute(delete(Post).where(Post.id == other.id))
    called(session, post, address.page, version, now)
    return True


def called(session: Session, post: Post, url: str, version: int, now: datetime) -> None:
    """Lets a post be called by one of its addresses; a version that none of its addresses had before ends what readers
    have of them."""
    post.url, post.version = url, version + 1
    posts.look_again(session, post, now)
