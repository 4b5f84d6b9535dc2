"""Posts with reflections in every state, written through the model as the service writes them."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.model import Post, Reflection, Revision, Site
from service.model import post as posts
from service.model.engine import writing
from service.model.states import Step, step
from service.values import clean
from service.values.address import parse
from service.values.state import Kind, State
from tests.support.service import KnownSite

WAY: dict[State, tuple[State, ...]] = {
    State.RECEIVED: (),
    State.PENDING: (State.PENDING,),
    State.APPROVED: (State.PENDING, State.APPROVED),
    State.REJECTED: (State.PENDING, State.REJECTED),
    State.SPAM: (State.PENDING, State.SPAM),
    State.FAILED: (State.FAILED,),
    State.GONE: (State.PENDING, State.GONE),
    State.ERASED: (State.PENDING, State.APPROVED, State.ERASED),
}
"""The steps by which an item that was received comes into a state."""

RECEIVED = datetime(2011, 10, 14, 9, 30, tzinfo=UTC)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class KnownPost:
    """A post of a site."""

    id: int
    url: str


@dataclass(frozen=True)
class KnownItem:
    """A reflection under a post."""

    id: int
    uid: str


@dataclass(frozen=True)
class Says:
    """What an item says when it comes, and what becomes of it."""

    text: str = ""
    """Markdown, as a comment's writer sends it."""
    name: str = ""
    kind: Kind = Kind.COMMENT
    state: State = State.APPROVED
    source: str | None = None
    relation: str = "mention"
    title: str = ""
    author_url: str | None = None
    published: str | None = None
    received: datetime = RECEIVED
    parent: KnownItem | None = None
    owner: bool = False
    rsvp: str | None = None


class Threads:
    """Writes posts and items into one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def post(self, site: KnownSite, path: str = "post", title: str = "", **columns: Any) -> KnownPost:
        """A post that exists; ``columns`` as the table has them: ``comments_open=False``."""
        with writing(self._engine) as session:
            owner = session.get_one(Site, site.id)
            post = posts.named(session, owner, parse(site.page(path)), datetime.now(UTC))
            for name, value in {"title": title, "exists": True, "due_at": None, **columns}.items():
                setattr(post, name, value)
            return KnownPost(post.id, post.url)

    def add(self, post: KnownPost, *items: Says) -> list[KnownItem]:
        """The items, each brought into its state by the steps that lead there."""
        with writing(self._engine) as session:
            return [self._add(session, session.get_one(Post, post.id), says) for says in items]

    def decide(self, item: KnownItem, state: State, show: int | None = None) -> None:
        """A moderator's decision, or what a look brought about."""
        with writing(self._engine) as session:
            self._step(session, session.get_one(Reflection, item.id), state, show)

    def revise(self, item: KnownItem, text: str, by: str = "source") -> None:
        """The item says something else, which nobody has decided about."""
        with writing(self._engine) as session:
            row = session.get_one(Reflection, item.id)
            row.latest = (row.latest or 0) + 1
            session.add(self._revision(row, Says(text, "Somebody else"), row.latest, by))

    def _add(self, session: Session, post: Post, says: Says) -> KnownItem:
        key = says.source or f"{says.name} {says.text} {next(_numbers)}"
        item = Reflection(
            site_id=post.site_id,
            post_id=post.id,
            parent_id=says.parent.id if says.parent else None,
            kind=says.kind,
            source=says.source,
            source_key=hashlib.sha256(key.encode()).hexdigest(),
            host=parse(says.source).domain if says.source else None,
            state=State.RECEIVED,
            owner=says.owner,
            received=says.received,
            latest=1,
        )
        session.add(item)
        session.flush()
        session.add(self._revision(item, says, 1, "writer" if says.kind is Kind.COMMENT else "source"))
        for state in WAY[says.state]:
            self._step(session, item, state)
        return KnownItem(item.id, item.uid)

    def _revision(self, item: Reflection, says: Says, number: int, by: str) -> Revision:
        return Revision(
            reflection_id=item.id,
            number=number,
            made=says.received,
            made_by=by,
            relation=says.relation,
            title=says.title,
            author_name=says.name,
            author_url=says.author_url,
            html=clean.markdown(says.text).markup,
            text=says.text,
            url=says.source,
            published=says.published,
            rsvp=says.rsvp,
            cleaned_by=clean.VERSION,
        )

    def _step(self, session: Session, item: Reflection, state: State, show: int | None = None) -> None:
        show = (show or item.latest) if state is State.APPROVED else None
        wanted = Step(item.state, state, "test", seen=item.latest, show=show)
        assert step(session, item, wanted, datetime.now(UTC)) is not None, f"{item.state} → {state} is no step"


@pytest.fixture
def threads(engine: Engine) -> Threads:
    """Writes into the test's own database."""
    return Threads(engine)
