"""Whatever moderators, a source and its visits do, and in whatever order: readers see nothing that nobody approved, and
no event is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.model import Event, Reflection, Revision
from service.model.engine import writing
from service.model.erasure import erase
from service.moderate.decisions import Decided, Decider, Decision, decide, undo
from service.moderate.mend.answer import Answer, answer
from service.moderate.mend.edit import Edit, edit
from service.moderate.mend.move import BadPlace, move
from service.moderate.mend.wording import Wording
from service.people.roles import everywhere
from service.values import clean
from service.values.address import parse
from service.values.entry import Entry
from service.values.evidence import Evidence
from service.values.reading import Reading
from service.values.state import Relation, State
from tests.support.desk import Desk
from tests.support.service import KnownSite
from tests.support.threads import KnownItem
from workers.due import Visit
from workers.settle import settle

OLGA = Decider("Olga", everywhere)
ACTS = (
    "look",
    "approve",
    "keep",
    "reject",
    "wait",
    "edit",
    "answer",
    "undo",
    "undo an older one",
    "changes",
    "move",
    "erase",
)


@dataclass
class World:
    """One item, a moderator who may look at an old screen, and all words that were let through."""

    engine: Engine
    item: KnownItem
    site: str
    allowed: set[str] = field(default_factory=set)
    screen: tuple[State, int | None, str] = (State.PENDING, 1, "its words 0")
    """What the moderator believes: the state, the newest revision's number, and its words."""
    counted: int = 0
    numbers: Iterator[int] = field(default_factory=count)

    def does(self, act: str, number: int) -> None:
        now, words = datetime.now(UTC), f"{act} {number} of {next(self.numbers)}"
        state, seen, text = self.screen
        with writing(self.engine) as session:
            item = session.get_one(Reflection, self.item.id)
            if act == "look":
                self.look(session, item)
            elif act in ("approve", "keep", "reject", "wait"):
                to = {"reject": State.REJECTED, "wait": State.PENDING}.get(act, State.APPROVED)
                show = item.shown if act == "keep" and state is State.APPROVED else None
                (done,) = decide(session, OLGA, [Decision(self.item.uid, state, to, seen, show)], now)
                self.let(done, text if to is State.APPROVED and show is None else None)
            elif act == "edit" and seen is not None:
                wanted = Wording("", "Ada", None, clean.plain(words), picture=False)
                done = edit(session, OLGA, Edit(self.item.uid, state, seen, "", wanted), now)
                self.let(done, words if state is State.APPROVED else None)
            elif act == "answer":
                about = Decision(self.item.uid, state, State.APPROVED, seen)
                done = answer(session, OLGA, Answer("Olga", words, about), now).result
                self.let(done, words, *([text] if state is not State.APPROVED else []))
            elif act == "changes" and item.state is not State.ERASED:
                self.visit(session, item, f"its words {number}", now)
            elif act.startswith("undo"):
                events = session.scalars(select(Event.id).order_by(Event.id.desc()).limit(3)).all()
                for event in events[-1:] if "older" in act else events[:1]:
                    undo(session, OLGA, event, now)
            elif act == "move":
                with suppress(BadPlace):
                    move(session, OLGA, self.item.uid, parse(f"{self.site}post-{number % 3}"), now)
            elif act == "erase" and number % 5 == 0:
                erase(session, item, "Olga", now)

    def look(self, session: Session, item: Reflection) -> None:
        newest = select(Revision.text).where(Revision.reflection_id == item.id, Revision.number == item.latest)
        self.screen = item.state, item.latest, session.scalar(newest) or ""

    def let(self, done: object, *words: str | None) -> None:
        if isinstance(done, Decided):
            self.allowed.update(word for word in words if word)

    def visit(self, session: Session, item: Reflection, words: str, now: datetime) -> None:
        """A worker reads these words at the source."""
        source = parse(item.source or "")
        item.lease, item.leased_until = "a worker's", now
        session.flush()
        entry = Entry(relation=Relation.REPLY, content=clean.plain(words), text=words)
        visit = Visit(item.id, item.post_id, "a worker's", item.host, source, False, (), None, 0, 0, None, True, now)
        settle(session, visit, Reading(Evidence(source.page, source.page), entry), None, now, 0.5)

    def holds(self) -> None:
        """What has to be so after each act."""
        with Session(self.engine) as session:
            shown = (Revision.reflection_id == Reflection.id) & (Revision.number == Reflection.shown)
            up = select(Revision.text).join(Reflection, shown).where(Reflection.state == State.APPROVED)
            public = set(session.scalars(up.where(Reflection.id >= self.item.id)))
            counted = session.scalar(select(func.count()).where(Event.reflection_id >= self.item.id)) or 0
        assert public <= self.allowed, f"{public - self.allowed} is public, and nobody approved it"
        assert counted >= self.counted, "an event was lost"
        self.counted = counted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readers_see_nothing_that_nobody_approved(engine: Engine, site: KnownSite) -> None:
    desk, sources = Desk(engine, site), count()

    @example([("edit", 1), ("look", 1), ("undo", 1), ("changes", 2), ("approve", 1)])
    @example([("approve", 1), ("changes", 2), ("look", 1), ("edit", 1), ("undo", 1), ("undo an older one", 1)])
    @example([("answer", 1), ("look", 1), ("move", 1), ("edit", 1), ("undo", 1), ("erase", 5), ("changes", 1)])
    @given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 9)), min_size=4, max_size=14))
    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    def lives(acts: list[tuple[str, int]]) -> None:
        source = f"https://ada.example/{next(sources)}"
        came = desk.came(title="", text="its words 0", source=source, relation=Relation.REPLY)
        world = World(engine, came, site.page(""))
        for act, number in acts:
            world.does(act, number)
            world.holds()

    lives()
