"""Whatever people, scripts, rules, triage, senders, sources and workers do, and in whatever order: readers are given
exactly what somebody let through, in the words that were before him, and no event and no version is ever lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from xmlrpc.client import dumps

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.decide.conclude import Found
from service.decide.precision import Past
from service.decide.triage import ENOUGH, Model, Trait
from service.model import Batch, Event, Post, Reflection, Site, weights
from service.model import post as posts
from service.model.engine import writing, written
from service.values import clean
from service.values.address import parse
from service.values.entry import Author, Entry
from service.values.evidence import Evidence, Hiding, Link
from service.values.page import Failure
from service.values.reading import Reading
from service.values.reason import Reason
from service.values.state import DECIDABLE, Relation, State
from tests.moderate.witness import Leave, Witness, Words, told
from tests.support.desk import Dashboard
from tests.support.service import KnownSite, MakeSite
from workers import bulk, due
from workers.settle import hold, settle

EXAMPLES, STEPS = 4, 30
"""Lives of a site, and what happens in each."""

SOURCES = ("ada.example/one", "ada.example/two", "bob.example/one")
FRIEND, OFFER, OTHER = "harbour", "channel", "letter"
"""What a source is about: what triage has learned to be good, and spam, and what it knows nothing of."""

TRIED = {State.SPAM: {0.9: Past(ENOUGH, ENOUGH)}, State.APPROVED: {0.1: Past(ENOUGH, ENOUGH)}}
RULES = (
    ("host", "ada.example", "approve"),
    ("host", "ada.example", "spam"),
    ("words", FRIEND, "wait"),
    ("words", OFFER, "spam"),
    ("default", "all", "approve"),
)
BUTTONS = {"approve": "approved", "keep": "approved", "reject": "rejected", "spam": "spam", "wait": "pending"}
FAILS = {"no link": "no_link", "410": "gone", "404": "not_found", "timeout": "timeout"}

MOMENTS = ("received", "checked", "approved", "missing_since", "due_at", "again_at", "leased_until")

anybody = st.integers(0, 5)
"""Which of the items it is."""
freshly = st.sampled_from([True, True, True, False])
"""Whether whoever decides has looked at it just now; else at a screen of before."""


@dataclass
class Source:
    """A page of somebody's that links to a post, and what it says."""

    about: str
    number: int
    how: str = "plain"
    """``plain``, ``hidden`` (its link), or how it fails."""

    @property
    def words(self) -> Words:
        return "", "Ada", f"{self.about} {self.number}"


@dataclass(frozen=True)
class House:
    """The service, and the owner before its dashboard."""

    app: Flask
    engine: Engine
    owner: Dashboard
    csrf: str
    make_site: MakeSite
    numbers: Iterator[int] = field(default_factory=count)

    def press(self, path: str, **fields: str | list[str]) -> TestResponse:
        """A form of the dashboard, sent."""
        answer = self.owner.send(path, {"csrf": self.csrf, **fields})  # type: ignore[dict-item]
        assert answer.status_code < 500, answer.text
        return answer


Screen = Mapping[str, Any]
"""An item as it was before somebody: as the moderation API gives it."""


class Lives(RuleBasedStateMachine):
    """A site of its own, with three sources that have linked to a post."""

    house: House

    @initialize()
    def begins(self) -> None:
        house, number = self.house, next(self.house.numbers)
        self.site: KnownSite = house.make_site(f"https://blog-{number}.example/")
        self.client = house.app.test_client()
        self.witness = Witness(house.engine, self.client, self.site)
        self.texts, self.rules, self.screens = count(), dict[int, tuple[str, str, str]](), dict[str, list[Screen]]()
        self.sources = {name: Source(OTHER, next(self.texts)) for name in SOURCES}
        self.done: list[tuple[str, int]] = []
        self.visits: list[tuple[due.Visit, Source]] = []
        self.listed: tuple[str, str, Leave] | None = None
        self.held = self.good = False
        with writing(house.engine) as session:
            found = {Trait("word", OFFER).bucket: 60.0, Trait("word", FRIEND).bucket: -60.0}
            weights.keep(session, self.site.id, Model.of(0.0, found), TRIED, 100, 1, datetime.now(UTC))
        for name in SOURCES:
            self.sends(name, "webmention", "post-0")
        self.workers_visit()

    def teardown(self) -> None:
        """Nothing of it is left to do for anybody."""
        if hasattr(self, "site"):
            with writing(self.house.engine) as session:
                mine = update(Reflection).where(Reflection.site_id == self.site.id)
                session.execute(mine.values(due_at=None, again_at=None))
                session.execute(update(Batch).values(working=False))

    # What the others see of it.

    def sees(self, leave: Leave = Leave()) -> None:  # noqa: B008
        for event in self.witness.sees(leave):
            if event.by in ("Olga", "token"):
                done = ("batch", event.batch_id) if event.batch_id else ("event", event.id)
                if done not in self.done:
                    self.done.append(done)

    def screen(self, which: int, fresh: bool) -> Screen | None:
        """What somebody has before him of an item: as it is now, or as it was once."""
        lives = list(self.witness.lives.values())
        uid, state = lives[which % len(lives)].uid, lives[which % len(lives)].state
        seen = self.screens.setdefault(uid, [])
        if state is State.ERASED and (fresh or not seen):
            return None
        if fresh or not seen:
            answer = self.client.get(f"/api/v1/reflections/{uid}", headers=self.site.bearer)
            assert answer.status_code == 200, answer.text
            seen.append(answer.json or {})
            return seen[-1]
        return seen[-2] if len(seen) > 1 else seen[-1]

    def screens_of(self, fresh: bool) -> list[Screen]:
        """The same of all items."""
        found = (self.screen(which, fresh) for which in range(len(self.witness.lives)))
        return [one for one in found if one is not None]

    # People and scripts decide.

    @rule(which=anybody)
    def somebody_looks(self, which: int) -> None:
        self.screen(which, fresh=True)

    @rule(which=anybody, fresh=freshly, to=st.sampled_from([*sorted(DECIDABLE), State.APPROVED, "failed", "received"]))
    def a_script_decides(self, which: int, fresh: bool, to: str) -> None:
        if screen := self.screen(which, fresh):
            asked = {"state": to, "from": screen["state"], "seen": screen["latest"], **_sent(screen)}
            self.patches(screen, asked, words(screen, screen["latest"]))

    @rule(which=anybody, fresh=freshly, back=st.integers(0, 3))
    def a_script_shows_an_older_version(self, which: int, fresh: bool, back: int) -> None:
        screen = self.screen(which, fresh)
        if screen and screen["revisions"]:
            show = screen["revisions"][back % len(screen["revisions"])]["number"]
            asked = {"state": "approved", "from": screen["state"], "seen": screen["latest"], "show": show}
            self.patches(screen, asked, words(screen, show))

    def patches(self, screen: Screen, asked: Mapping[str, Any], shown: Words) -> None:
        path = f"/api/v1/reflections/{screen['id']}"
        answer = self.client.patch(path, json=asked, headers=self.site.bearer)
        assert answer.status_code in (200, 404, 409, 422), answer.text
        self.sees(Leave({screen["id"]: shown}) if answer.status_code == 200 else Leave())

    @rule(fresh=freshly, to=st.sampled_from(sorted(DECIDABLE)))
    def a_script_decides_about_all(self, fresh: bool, to: str) -> None:
        screens = self.screens_of(fresh)
        each = [{"id": one["id"], "from": one["state"], "seen": one["latest"], **_sent(one)} for one in screens]
        body = {"decisions": each, "state": to}
        answer = self.client.post("/api/v1/reflections/decide", json=body, headers=self.site.bearer)
        assert answer.status_code == 200, answer.text
        self.sees(before(screens))

    @rule(which=anybody, fresh=freshly, button=st.sampled_from([*BUTTONS, "approve", "retry"]))
    def the_owner_presses(self, which: int, fresh: bool, button: str) -> None:
        if screen := self.screen(which, fresh):
            shown = {"shown": str(screen["shown"] or "")} if button == "keep" else {}
            fields = {"id": screen["id"], "from": screen["state"], "seen": str(screen["latest"] or ""), **shown}
            answer = self.house.press("/admin/decide", **fields, decision=button, beside=_beside(screen))
            assert answer.status_code in (303, 404, 409), answer.text
            number = screen["shown"] if button == "keep" and screen["shown"] else screen["latest"]
            self.sees(Leave({screen["id"]: words(screen, number)}))

    @rule(fresh=freshly, button=st.sampled_from(["approve", "reject", "spam", "wait"]))
    def the_owner_presses_once_for_all(self, fresh: bool, button: str) -> None:
        screens = self.screens_of(fresh)
        marks = [f"{one['id']} {one['state']} {one['latest'] or ''} {_beside(one)}".rstrip(" ") for one in screens]
        marks = [mark if one["latest"] else f"{mark} " for mark, one in zip(marks, screens, strict=True)]
        if marks:
            answer = self.house.press("/admin/decide-all", item=marks, decision=button)
            assert answer.status_code in (303, 409), answer.text
            self.sees(before(screens))

    @rule(button=st.sampled_from(["approve", "reject"]))
    def the_owner_presses_on_a_fold(self, button: str) -> None:
        screens = self.screens_of(fresh=True)
        page = self.house.owner.read(f"/admin/?state=waiting&site={self.site.id}").text
        fold = re.search(r'<form class="acts fold-acts".*?</form>', page, re.DOTALL)
        marks = re.findall(r'name="item" value="([^"]+)"', fold[0]) if fold else []
        if marks:
            self.house.press("/admin/decide-all", item=marks, decision=button)
            self.sees(before(screens))

    @rule(which=st.integers(0, 3))
    def the_owner_takes_back(self, which: int) -> None:
        if self.done:
            field, number = self.done[-1 - which % len(self.done)]
            answer = self.house.press("/admin/undo", **{field: str(number)})
            assert answer.status_code in (303, 404, 409), answer.text
            self.sees()

    @rule(which=anybody)
    def the_owner_has_it_checked(self, which: int) -> None:
        if screen := self.screen(which, fresh=True):
            self.house.press("/admin/check", id=screen["id"])
            self.sees()

    # What the owner does beside deciding.

    @rule(which=anybody, fresh=freshly)
    def the_owner_edits(self, which: int, fresh: bool) -> None:
        screen = self.screen(which, fresh)
        if screen and screen["latest"]:
            edited = (_site(screen), "Ada", f"edited {next(self.texts)}")
            fields = {"from": screen["state"], "seen": str(screen["latest"]), "author_name": edited[1]}
            self.house.press(f"/admin/items/{screen['id']}/edit", **fields, content=f"<p>{edited[2]}</p>")
            self.sees(Leave({screen["id"]: edited}))

    @rule(which=anybody, fresh=freshly)
    def the_owner_answers(self, which: int, fresh: bool) -> None:
        screen = self.screen(which, fresh)
        if screen and screen["latest"]:
            said = ("", "Claude", f"answered {next(self.texts)}")
            fields = {"from": screen["state"], "seen": str(screen["latest"]), "name": said[1], "words": said[2]}
            self.house.press(f"/admin/items/{screen['id']}/answer", **fields)
            self.sees(Leave({screen["id"]: words(screen, screen["latest"])}, answer=said))

    @rule(which=anybody, beneath=anybody, to=st.sampled_from(["post-0", "post-1", "#"]))
    def the_owner_moves(self, which: int, beneath: int, to: str) -> None:
        screen, other = self.screen(which, fresh=True), self.screen(beneath, fresh=True)
        if screen and other:
            place = f"{other['post']['url']}#reflection-{other['id']}" if to == "#" else self.site.page(to)
            self.house.press(f"/admin/items/{screen['id']}/move", to=place)
            self.looked_at()
            self.sees()

    @rule(which=anybody, other=anybody)
    def the_owner_merges(self, which: int, other: int) -> None:
        pair = [self.screen(which, fresh=True), self.screen(other, fresh=True)]
        seen = [f"{one['id']} {one['state']} {one['latest'] or ''}" for one in pair if one]
        if pair[0] and len(set(seen)) == 2:
            self.house.press(f"/admin/items/{pair[0]['id']}/merge", item=seen, stays=pair[0]["id"])
            self.sees()

    @rule(which=anybody, to=st.sampled_from(["post-0", "post-1", "moved"]))
    def the_owner_moves_a_post(self, which: int, to: str) -> None:
        if screen := self.screen(which, fresh=True):
            self.house.press(f"/admin/posts/{screen['post']['id']}/move", to=self.site.page(to))
            self.looked_at()
            self.sees()

    @rule(which=anybody, really=st.integers(0, 3))
    def the_owner_erases(self, which: int, really: int) -> None:
        screen = self.screen(which, fresh=True)
        if screen and not really:
            self.house.press(f"/admin/items/{screen['id']}/erase")
            self.sees()

    @rule(which=anybody)
    def the_owner_writes_a_note(self, which: int) -> None:
        if screen := self.screen(which, fresh=True):
            self.house.press(f"/admin/items/{screen['id']}/notes", about="item", words="Who is that?")
            self.sees()

    # Jobs of thousands.

    @rule(state=st.sampled_from(["waiting", "approved", "rejected", "all"]))
    def the_owner_lists_all(self, state: str) -> None:
        leave = before(self.screens_of(fresh=True))
        query = f"state={state}&site={self.site.id}"
        page = self.house.owner.read(f"/admin/batches/new?{query}").text
        heard = re.search(r'name="heard" value="(\d+)"', page)
        if heard:
            self.listed = (state, heard[1], leave)

    @rule(button=st.sampled_from(["approve", "reject", "spam", "wait"]))
    def the_owner_decides_about_all_that_was_listed(self, button: str) -> None:
        if self.listed:
            state, heard, leave = self.listed
            fields = {"state": state, "site": str(self.site.id), "heard": heard, "decision": button}
            answer = self.house.press("/admin/batches", **fields)
            assert answer.status_code == 303, answer.text
            number = int(str(answer.headers["Location"]).rpartition("/")[2])
            self.witness.jobs[number] = leave
            self.done.append(("batch", number))
            self.sees()

    @rule()
    def a_worker_does_a_job(self) -> None:
        written(self.house.engine, lambda session: bulk.some(session, datetime.now(UTC)))
        self.sees()

    # Rules, triage, the brake.

    @rule(wanted=st.sampled_from(RULES))
    def the_owner_makes_a_rule(self, wanted: tuple[str, str, str]) -> None:
        about, value, verdict = wanted
        fields = {"site": str(self.site.id), "about": about, "value": value, "verdict": verdict}
        old = [number for number, (kind, of, _) in self.rules.items() if (kind, of) == (about, value)]
        answer = self.house.press("/admin/rules", **fields, replaces=str(old[0]) if old else "")
        made = re.search(r"made=(\d+)", str(answer.headers.get("Location")))
        if made:
            for number in old:
                del self.rules[number]
            self.rules[int(made[1])] = wanted
        self.sees()

    @rule(which=anybody, away=st.booleans())
    def the_owner_takes_a_rule_back(self, which: int, away: bool) -> None:
        if self.rules:
            number = sorted(self.rules)[which % len(self.rules)]
            if away:
                self.house.press(f"/admin/rules/{number}/remove")
                del self.rules[number]
            self.house.press(f"/admin/rules/{number}/back")
            self.sees()

    @rule(good=st.booleans())
    def the_owner_lets_triage_decide(self, good: bool) -> None:
        fields = {"site": str(self.site.id), "as_spam": "0.9", "as_good": "0.1" if good else ""}
        assert self.house.press("/admin/triage", **fields).status_code == 303
        self.good = good
        self.sees()

    @rule(what=st.sampled_from(["hold", "close"]), lets_go=st.booleans())
    def the_owner_brakes(self, what: str, lets_go: bool) -> None:
        fields = {"what": what, "site": str(self.site.id)}
        path = "/admin/brake/end" if lets_go else "/admin/brake"
        assert self.house.press(path, **fields, hours="1").status_code == 303
        if what == "hold":
            self.held = not lets_go
        self.sees()

    # Senders, sources and workers.

    @rule(
        name=st.sampled_from([*SOURCES, "bob.example/new"]),
        protocol=st.sampled_from(["webmention", "pingback", "trackback"]),
        to=st.sampled_from(["post-0", "post-1"]),
    )
    def somebody_sends(self, name: str, protocol: str, to: str) -> None:
        self.sends(name, protocol, to)

    def sends(self, name: str, protocol: str, to: str) -> None:
        self.sources.setdefault(name, Source(OTHER, next(self.texts)))
        source, target = f"https://{name}", self.site.page(to)
        if protocol == "trackback":
            said = {"url": source, "title": f"sent {next(self.texts)}", "excerpt": "Buy", "blog_name": "Bob"}
            answer = self.client.post(f"/trackback/{self.post(to)}", data=said)
        elif protocol == "pingback":
            answer = self.client.post(
                "/pingback", data=dumps((source, target), "pingback.ping"), content_type="text/xml"
            )
        else:
            answer = self.client.post("/webmention", data={"source": source, "target": target})
        assert answer.status_code < 500, answer.text
        self.looked_at()
        self.sees()

    @rule(
        name=st.sampled_from(SOURCES),
        about=st.sampled_from([FRIEND, OFFER, OTHER]),
        how=st.sampled_from(["plain", "plain", "plain", "hidden", *FAILS]),
        then=st.sampled_from(["nothing", "fetched", "visited", "visited"]),
    )
    def a_source_changes(self, name: str, about: str, how: str, then: str) -> None:
        self.sources[name] = Source(about, next(self.texts), how)
        if then != "nothing":
            self.sends(name, "webmention", "post-0")
            self.workers_fetch()
        while then == "visited" and self.visits:
            self.a_worker_settles()

    @rule()
    def workers_visit(self) -> None:
        self.workers_fetch()
        while self.visits:
            self.a_worker_settles()

    @rule()
    def workers_fetch(self) -> None:
        now = datetime.now(UTC)
        for claim in (due.claim, due.claim_again):
            for visit in claim(self.house.engine, 10, now):
                assert visit.source is not None
                source = self.sources[visit.source.url.removeprefix("https://")]
                self.visits.append((visit, Source(source.about, source.number, source.how)))

    @rule()
    def a_worker_settles(self) -> None:
        if self.visits:
            visit, source = self.visits.pop(0)
            found = read(visit, source)
            now = datetime.now(UTC)

            def work(session: Session) -> None:
                hold(session, [visit])
                settle(session, visit, found, None, now, 0.5)

            written(self.house.engine, work)
            uid = self.witness.lives[visit.item].uid
            self.sees(Leave({uid: source.words}, alone=lambda event: self.may(event, visit, source)))

    def may(self, event: Event, visit: due.Visit, source: Source) -> bool:
        """Whether a rule or triage may let through what a visit brought, without a person."""
        if self.held or source.how != "plain" or visit.source is None:
            return False
        speaking = {number: of for number, of in self.rules.items() if of[1] in (visit.source.domain, source.about)}
        if any(verdict != "approve" for _, _, verdict in speaking.values()):
            return False
        if event.by == "triage":
            return self.good and source.about == FRIEND and not speaking
        mine = self.rules.get(int(event.by.removeprefix("rule ")))
        return mine is not None and (mine in speaking.values() or mine[0] == "default") and mine[2] == "approve"

    @rule()
    def a_day_passes(self) -> None:
        """All that was is a day older: what was to be done by then is due, and who held something has lost it."""
        self.held, day, mine = False, timedelta(hours=25), Reflection.site_id == self.site.id
        with writing(self.house.engine) as session:
            for item in session.scalars(select(Reflection).where(mine)):
                for name in MOMENTS:
                    if (moment := getattr(item, name)) is not None:
                        setattr(item, name, moment - day)
            site = session.get_one(Site, self.site.id)
            site.held_until = site.closed_until = None

    def post(self, path: str) -> int:
        """The number of a post, in its trackback's address."""
        with writing(self.house.engine) as session:
            owner = session.get_one(Site, self.site.id)
            return posts.named(session, owner, parse(self.site.page(path)), datetime.now(UTC)).id

    def looked_at(self) -> None:
        """The pages of all posts are there."""
        with writing(self.house.engine) as session:
            there = {"exists": True, "looked_at": datetime.now(UTC), "due_at": None}
            session.execute(update(Post).where(Post.site_id == self.site.id).values(there))


def read(visit: due.Visit, source: Source) -> Found:
    """What a visit finds at a source that is so."""
    assert visit.source is not None
    if source.how in FAILS:
        return Failure(Reason(FAILS[source.how]), visit.source)
    page, (_, name, text) = visit.source.page, source.words
    hidden = Hiding.STYLE if source.how == "hidden" else None
    links = tuple(Link("a", target.url, "this", hidden=hidden) for target in visit.targets[:1])
    entry = Entry(Relation.REPLY, Author(name), content=clean.plain(text), text=text)
    return Reading(Evidence(page, page, links=links), entry)


def words(screen: Screen, number: int | None) -> Words:
    """What this version of an item says on the screen; of one that has none what it would get by hand."""
    for one in screen["revisions"]:
        if one["number"] == number:
            return told(one["title"], one["site_name"], one["author"]["name"], one["content"]["text"])
    sent = screen["sent"] or {}
    return told(sent.get("title"), sent.get("blog_name") or screen["host"], "", sent.get("excerpt") or "")


def before(screens: Iterable[Screen]) -> Leave:
    """Leave to show what is on these screens."""
    return Leave({one["id"]: words(one, one["latest"]) for one in screens})


def _site(screen: Screen) -> str:
    """The name of the place it came from, which stands for a title where there is none."""
    return next((one["site_name"] or "" for one in screen["revisions"] if one["number"] == screen["latest"]), "")


def _sent(screen: Screen) -> dict[str, Any]:
    return {"sent": screen["sent"]["number"]} if screen["sent"] else {}


def _beside(screen: Screen) -> str:
    return str(screen["sent"]["number"] if screen["sent"] else screen["picture"] or "")


def test_readers_are_given_what_was_let_through_and_nothing_is_lost(
    app: Flask, engine: Engine, dashboard: Dashboard, make_site: MakeSite
) -> None:
    house = House(app, engine, dashboard, dashboard.token(), make_site)
    lives = type("Lives", (Lives,), {"house": house})
    bounds = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lives, settings=bounds)
