"""Who remembers all that a site's items went through: what each was to be given to readers, by whose leave, and every
event and revision that there ever was. After each step he compares that with the public thread and with the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.model import Event, Post, Reflection, Revision
from service.values.state import State
from tests.support.service import KnownSite

Words = tuple[str, str, str]
"""What a reader sees of an item: its title, its author, and what it says."""


def nobody(_event: Event) -> bool:
    """No rule, and not triage."""
    return False


@dataclass(frozen=True)
class Leave:
    """What a step may make public: of each item what was on the screen, or what its source says."""

    shows: Mapping[str, Words] = field(default_factory=dict)
    answer: Words | None = None
    """What an answer says, whose id nobody knows before."""
    alone: Callable[[Event], bool] = nobody
    """Whether a rule or triage may have let it through without a person."""


@dataclass
class Move:
    """Something that was done to an item and was not taken back."""

    event: int
    by: str
    before: Words | None
    """What readers saw of the item before."""


@dataclass
class Life:
    """One item, as far as it has come."""

    uid: str
    state: State
    public: Words | None = None
    moves: list[Move] = field(default_factory=list)
    row: tuple[Any, ...] = ()


class Witness:
    """Keeps what became of the items of one site."""

    def __init__(self, engine: Engine, client: FlaskClient, site: KnownSite) -> None:
        self._engine, self._client, self._site = engine, client, site
        self.lives: dict[int, Life] = {}
        self.jobs: dict[int, Leave] = {}
        """What the jobs of thousands were asked of, by their numbers."""
        self._events: dict[int, tuple[Any, ...]] = {}
        self._revisions: dict[tuple[int, int], Words] = {}

    def sees(self, leave: Leave) -> Sequence[Event]:
        """What happened in a step, which had this leave. Fails where something was to be seen that nobody let through,
        where something happened without an event, or something of the past is no more."""
        with Session(self._engine) as session:
            of_site = Reflection.site_id == self._site.id
            rows = session.execute(select(*ROW).where(of_site).order_by(Reflection.id)).all()
            events = session.scalars(select(Event).where(Event.site_id == self._site.id).order_by(Event.id)).all()
            revisions = session.execute(
                select(*REVISION).join(Reflection, Reflection.id == Revision.reflection_id).where(of_site)
            ).all()
            posts = session.scalars(select(Post.url).where(Post.site_id == self._site.id)).all()
        for row in rows:
            self.lives.setdefault(row.id, Life(row.uid, row.state))
        new = [event for event in events if event.id not in self._events]
        for event in new:
            self._happened(event, leave)
        self._nothing_is_lost(events, {(row[0], row[1]): told(*row[2:]) for row in revisions})
        self._nothing_is_silent(rows, {event.reflection_id for event in new})
        self._readers_see_what_was_let_through(posts)
        return new

    def _happened(self, event: Event, leave: Leave) -> None:
        life, details = self.lives[event.reflection_id], event.details or {}
        if life.row:
            assert event.came_from is life.state, f"event {event.id} of {event.by} came from elsewhere"
        before, life.state = life.public, event.went_to
        if undoes := details.get("undoes"):
            last = life.moves.pop()
            assert last.event == undoes, "something was taken back after which something else was done"
            life.public = last.before
            return
        leave = self.jobs.get(event.batch_id or 0, leave)
        life.public = self._public(event, details, life, leave)
        if event.came_from is not event.went_to or event.seen or event.batch_id or "renews" in details:
            life.moves.append(Move(event.id, event.by, before))

    def _public(self, event: Event, details: Mapping[str, Any], life: Life, leave: Leave) -> Words | None:
        """What readers are to see of an item after an event."""
        if event.went_to is not State.APPROVED:
            return None
        if rule := details.get("takes_back"):
            return self._before(life, f"rule {rule}")
        if "answers" in details:
            assert leave.answer is not None, "an answer that nobody gave"
            return leave.answer
        alone = event.by == "triage" or event.by.startswith("rule ")
        if alone and (event.came_from is not State.APPROVED or "renews" in details):
            assert leave.alone(event), f"{event.by} let something through that it may not"
            return leave.shows[life.uid]
        if "show" in details or "edit" in details:
            assert life.uid in leave.shows, f"{event.by} let something through that was not before him"
            return leave.shows[life.uid]
        assert event.came_from is State.APPROVED, f"{event.by} let it through, and nobody knows what"
        return life.public

    def _before(self, life: Life, rule: str) -> Words | None:
        """What readers saw before a rule let through one version after the other."""
        public = life.public
        for move in reversed(life.moves):
            if move.by != rule:
                break
            public = move.before
        return public

    def _nothing_is_lost(self, events: Iterable[Event], revisions: Mapping[tuple[int, int], Words]) -> None:
        now = {event.id: _event(event) for event in events}
        for number, was in self._events.items():
            # Of looks that found all as it was the oldest are forgotten.
            forgotten = number not in now and was[1] == "worker" and was[2] is was[3]
            assert forgotten or now.get(number) == was, f"event {number} is not what it was: {was}"
        for (item, number), words in self._revisions.items():
            erased = self.lives[item].state is State.ERASED
            assert revisions.get((item, number)) == (None if erased else words), f"{item}, {number}: {words}"
        self._events, self._revisions = now, dict(revisions)

    def _nothing_is_silent(self, rows: Iterable[Any], happened: set[int]) -> None:
        for row in rows:
            life = self.lives[row.id]
            assert row.state is life.state, f"{row.state} without an event"
            assert tuple(row) == life.row or row.id in happened or not life.row, f"{life.row} became {tuple(row)}"
            life.row = tuple(row)

    def _readers_see_what_was_let_through(self, posts: Iterable[str]) -> None:
        given = [one for url in posts for one in flat(self._thread(url))]
        public = {one["id"]: told(one["title"], "", one["author"]["name"], one["content"]["text"]) for one in given}
        assert len(public) == len(given), "an item stands at two places"
        let = {life.uid: life.public for life in self.lives.values() if life.public is not None}
        assert public == let, f"readers are given {public}, and what was let through is {let}"

    def _thread(self, url: str) -> Sequence[Any]:
        answer = self._client.get("/api/v1/thread", query_string={"url": url, "size": "500"})
        assert answer.status_code == 200, answer.text
        found: Sequence[Any] = answer.json["reflections"]  # type: ignore[index]
        return found


ROW = (
    Reflection.id,
    Reflection.uid,
    Reflection.state,
    Reflection.shown,
    Reflection.latest,
    Reflection.decided,
    Reflection.post_id,
    Reflection.parent_id,
)
REVISION = (
    Revision.reflection_id,
    Revision.number,
    Revision.title,
    Revision.site_name,
    Revision.author_name,
    Revision.text,
)


def told(title: str | None, site: str | None, author: str, text: str) -> Words:
    """The words as readers see them."""
    return title or site or "", author, text


def flat(branches: Sequence[Any]) -> Iterator[Any]:
    """The items of a thread, whoever answers whom."""
    for one in branches:
        yield one
        yield from flat(one["replies"])


def _event(event: Event) -> tuple[Any, ...]:
    return event.reflection_id, event.by, event.came_from, event.went_to, event.seen, event.at, event.batch_id
