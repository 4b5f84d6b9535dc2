"""Erasing an item for good: nothing of it is left but a hash that keeps it from coming back (contract, section 3).

Its row stays as that hash, with its kind and the day it came, which are only counted; its record stays, who and when,
without a word of what it was about. All else goes in the same transaction: what it said, by which way it came, its
words in the search, the notes about it, what readers were given, and pictures and names that nothing else here names.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, null, select, update
from sqlalchemy.orm import Session

from service.model import note
from service.model.author_page import AuthorPage
from service.model.event import Event
from service.model.picture import Picture
from service.model.published import Published
from service.model.reflection import Arrival, Reflection
from service.model.revision import Revision
from service.model.states import Step, step
from service.values.address import stored
from service.values.state import State

_EMPTY: dict[str, Any] = {
    "parent_id": None,
    "source": None,
    "host": None,
    "owner": False,
    "checked": None,
    "reason": None,
    "reason_details": null(),
    "latest": None,
    "shown": None,
    "decided": None,
    "rule_id": None,
    "missing_since": None,
    "etag": None,
    "modified": None,
    "due_at": None,
    "approved": None,
    "again_at": None,
    "lease": None,
    "leased_until": None,
    "attempts": 0,
    "deaths": 0,
    "waits_since": None,
}
"""The columns of a row of which only the keys are left, its own and that of where its source had moved."""


def erase(session: Session, item: Reflection, by: str, now: datetime) -> Event | None:
    """The event that says so; ``None`` where it is erased already, or somebody was quicker. Nobody can undo it."""
    said = session.execute(
        select(Revision.picture_id, Revision.author_url).where(Revision.reflection_id == item.id)
    ).all()
    event = step(session, item, Step(item.state, State.ERASED, by, values=_EMPTY), now)
    if event is None:
        return None
    for table in (Arrival, Revision):
        session.execute(delete(table).where(table.reflection_id == item.id))
    session.execute(update(Event).where(Event.reflection_id == item.id).values(details=null(), reason=None))
    session.execute(delete(Published).where(Published.post_id == item.post_id))
    note.forget(session, item.site_id, note.ITEM, item.uid)
    _forget_pictures(session, {row.picture_id for row in said if row.picture_id})
    pages = {page.page for row in said if (page := stored(row.author_url)) is not None}
    session.execute(delete(AuthorPage).where(AuthorPage.url.in_(sorted(pages))))
    return event


def _forget_pictures(session: Session, pictures: Collection[int]) -> None:
    """Locked before it is asked who else names them: whoever names one now waits, and finds it or makes it anew."""
    locked = select(Picture.id).where(Picture.id.in_(sorted(pictures))).order_by(Picture.id).with_for_update()
    ids = session.scalars(locked).all()
    used = select(Revision.id).where(Revision.picture_id == Picture.id).exists()
    session.execute(delete(Picture).where(Picture.id.in_(ids), ~used).execution_options(synchronize_session=False))
