"""The notes that moderators left about an item, its host and its author."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from service.model import note
from service.model.note import Key, Note
from service.moderate.item import Item, Noted
from service.values.address import prefix_key, stored


def with_notes(session: Session, items: Sequence[Item]) -> list[Item]:
    """The items, each with the notes about it, the newest first, in one query for all of them."""
    keys = [set(keys_of(item)) for item in items]
    found = note.among(session, set[Key]().union(*keys))
    return [
        replace(item, notes=tuple(_noted(one) for one in found if (one.site_id, one.about, one.key) in its))
        if found
        else item
        for item, its in zip(items, keys, strict=True)
    ]


def keys_of(item: Item) -> Iterator[Key]:
    """What a note may be about that is shown beside the item. An author is known by his address alone: a name says
    nothing of who bears it."""
    yield item.site_id, note.ITEM, item.uid
    if item.host:
        yield item.site_id, note.HOST, item.host
    address = stored(item.version.author_url) if item.version else None
    if address is not None:
        yield item.site_id, note.AUTHOR, prefix_key(address)


def _noted(one: Note) -> Noted:
    return Noted(one.id, one.about, one.key, one.words, one.by, one.made)
