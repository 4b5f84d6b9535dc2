"""A moderator's desk: items of every kind on a site, people who may decide about them, and a browser without a screen
that has no scripts, reads the dashboard's pages and presses what stands in their forms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from service.decide import signs
from service.model import Arrival, Event, Post, Reflection, Revision, Site
from service.model import post as posts
from service.model.engine import writing
from service.model.states import Step, step
from service.people import moderators, sessions
from service.people.browsers import browser
from service.values import clean
from service.values.address import parse
from service.values.evidence import Evidence, Hiding, Link
from service.values.page import Hop
from service.values.state import Kind, Protocol, Relation, State
from tests.support.service import KnownSite, SignIn, kept_as
from tests.support.threads import KnownItem


@dataclass(frozen=True)
class Came:
    """What came in, from where, and what was seen of it."""

    title: str = "On reading slowly"
    name: str = "Ada Marsh"
    source: str = "https://ada.example/2026/reading"
    before: str = "There is a good piece about "
    anchor: str = "slow reading"
    after: str = " that I keep coming back to."
    text: str = ""
    kind: Kind = Kind.WEBMENTION
    relation: Relation = Relation.MENTION
    state: State = State.PENDING
    post: str = "post"
    post_title: str = "Reading slowly"
    hidden: bool = False
    final: str | None = None
    author_url: str | None = None
    reason: str | None = None
    reason_details: dict[str, Any] | None = None
    hints: dict[str, str] | None = None
    protocols: tuple[Protocol, ...] = ()
    age: timedelta = timedelta(hours=3)
    spam: float | None = None
    columns: dict[str, Any] = field(default_factory=dict)


LETTERS = (
    "I walked along the harbour for an hour with it in my head.",
    "My grandmother read to us on Sundays; nobody hurried her.",
    "Three objections, none of them grave, and one question about the second part.",
    "Printed, stapled, and now lying beside the bed of our youngest.",
)


class Desk:
    """Writes items of one site into a database, and reads what became of them."""

    def __init__(self, engine: Engine, site: KnownSite) -> None:
        self.engine = engine
        self.site = site

    def came(self, came: Came | None = None, **further: Any) -> KnownItem:
        """One item, as verification left it."""
        came = came or Came(**further)
        with writing(self.engine) as session:
            return _add(session, self.site, came)

    def many_came(self, number: int, **further: Any) -> list[KnownItem]:
        """So many items, each from a page of its own, the oldest first."""
        cames = [Came(source=f"https://ada.example/{one}", **further) for one in range(number)]
        with writing(self.engine) as session:
            return [_add(session, self.site, came) for came in cames]

    def letters(self, number: int) -> list[KnownItem]:
        """So many items that have nothing in common, ``Letter 1`` the oldest; the newest first."""
        cames = [
            Came(f"Letter {count}", f"Author {count}", f"https://host-{count}.example/", before="", after="", text=text)
            for count, text in enumerate(LETTERS[:number], 1)
        ]
        with writing(self.engine) as session:
            return [_add(session, self.site, came) for came in cames][::-1]

    def changes(self, item: KnownItem, text: str) -> int:
        """Its source says something else by now; the number of that revision."""
        with writing(self.engine) as session:
            row = session.get_one(Reflection, item.id)
            row.latest = (row.latest or 0) + 1
            session.add(
                _revision(
                    row, row.latest, Came(source=row.source or "", text=text, kind=Kind(row.kind)), datetime.now(UTC)
                )
            )
            return row.latest

    def row(self, item: KnownItem) -> Reflection:
        """What the database holds of it now."""
        with Session(self.engine) as session:
            row = session.get_one(Reflection, item.id)
            session.expunge(row)
            return row

    def visited(self, item: KnownItem, reason: str | None, details: dict[str, Any]) -> None:
        """A worker was there, and left the item where it was."""
        with writing(self.engine) as session:
            row = session.get_one(Reflection, item.id)
            step(
                session,
                row,
                Step(row.state, row.state, "worker", reason=reason, details=details),
                datetime.now(UTC),
            )

    def state(self, item: KnownItem) -> State:
        return self.row(item).state

    def events(self, item: KnownItem) -> list[Event]:
        """Its record, the oldest first."""
        with Session(self.engine) as session:
            found = list(session.scalars(select(Event).where(Event.reflection_id == item.id).order_by(Event.id)))
            session.expunge_all()
            return found

    def revisions(self, item: KnownItem) -> list[Revision]:
        """Its revisions, the oldest first."""
        with Session(self.engine) as session:
            query = select(Revision).where(Revision.reflection_id == item.id).order_by(Revision.number)
            found = list(session.scalars(query))
            session.expunge_all()
            return found

    def version(self, item: KnownItem) -> int:
        """The version of what readers of its post get."""
        with Session(self.engine) as session:
            return session.get_one(Post, session.get_one(Reflection, item.id).post_id).version

    def saw(self, item: KnownItem, evidence: Evidence) -> None:
        """Its revisions were made of this."""
        with writing(self.engine) as session:
            revisions = update(Revision).where(Revision.reflection_id == item.id)
            session.execute(revisions.values(evidence=evidence.as_json()))

    def vanishes(self, item: KnownItem) -> None:
        """The row is gone altogether."""
        with writing(self.engine) as session:
            session.delete(session.get_one(Reflection, item.id))

    def moderator(self, name: str, *sites: KnownSite, role: str = "moderator") -> SignIn:
        """Somebody who may decide on this site (or on these)."""
        who = SignIn(name, f"{name}'s own pass phrase")
        with writing(self.engine) as session:
            known = [session.get_one(Site, site.id) for site in sites or (self.site,)]
            moderators.add(session, name, role, known, None, datetime.now(UTC)).password_hash = kept_as(who.password)
        return who


def _add(session: Session, site: KnownSite, came: Came) -> KnownItem:
    now = datetime.now(UTC)
    owner = session.get_one(Site, site.id)
    post = posts.named(session, owner, parse(site.page(came.post)), now)
    post.title, post.exists, post.due_at = came.post_title, True, None
    comment = came.kind is Kind.COMMENT
    number = None if came.state in (State.FAILED, State.RECEIVED) else 1
    shown = number if came.state is State.APPROVED else None
    key = hashlib.sha256(f"{came.source} {came.title} {came.text}".encode()).hexdigest()
    values: dict[str, Any] = {
        "site_id": site.id,
        "post_id": post.id,
        "kind": came.kind,
        "source": None if comment else came.source,
        "source_key": key,
        "host": None if comment else parse(came.source).domain,
        "state": came.state,
        "received": now - came.age,
        "checked": now - came.age,
        "latest": number,
        "shown": shown,
        "decided": None if came.state is State.PENDING else number,
        "reason": came.reason,
        "reason_details": came.reason_details,
    }
    item = Reflection(**(values | came.columns))
    session.add(item)
    session.flush()
    protocols = came.protocols or (() if comment else (Protocol(came.kind),))
    for protocol in protocols:
        session.add(
            Arrival(reflection_id=item.id, protocol=protocol, target=post.url, first=now - came.age, hints=came.hints)
        )
    if number is not None:
        session.add(_revision(item, number, came, now - came.age))
    return KnownItem(item.id, item.uid)


def _revision(item: Reflection, number: int, came: Came, made: datetime) -> Revision:
    comment = came.kind is Kind.COMMENT
    return Revision(
        reflection_id=item.id,
        number=number,
        made=made,
        made_by="writer" if comment else "source",
        relation=came.relation,
        title="" if comment else came.title,
        author_name=came.name,
        author_url=came.author_url,
        html=clean.markdown(came.text).markup,
        text=came.text,
        url=item.source,
        evidence=None if comment else _evidence(came).as_json(),
        signs="" if comment else _signs(item, came),
        spam=came.spam,
        cleaned_by=clean.VERSION,
    )


def _signs(item: Reflection, came: Came) -> str:
    return signs.as_words(signs.Look(item.source, came.relation, came.author_url, item.source, _evidence(came)).signs)


def _evidence(came: Came) -> Evidence:
    final = came.final or came.source
    return Evidence(
        asked=came.source,
        final=final,
        hops=(Hop(came.source, 301, final),) if came.final else (),
        content_type="text/html",
        charset="utf-8",
        size=18_412,
        links=(
            Link(
                "a",
                "https://blog.example/post",
                came.anchor,
                came.before,
                came.after,
                hidden=Hiding.STYLE if came.hidden else None,
            ),
        ),
        links_on_page=14,
        language="en",
    )


class Dashboard:
    """Somebody before the dashboard: reads pages, presses buttons, follows where they lead."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def sign_in(self, who: SignIn, **query: str) -> TestResponse:
        return self.send("/admin/sign-in", {"name": who.name, "password": who.password, **query})

    def read(self, path: str = "/admin/", **headers: str) -> TestResponse:
        """A page, as a browser asks for it."""
        return self.client.get(path, headers={"Sec-Fetch-Site": "none"} | headers)

    def page(self, path: str = "/admin/", **headers: str) -> BeautifulSoup:
        answer = self.read(path, **headers)
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "lxml")

    def send(self, path: str, fields: dict[str, str], **headers: str) -> TestResponse:
        """A form of our own pages, sent."""
        return self.client.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"} | headers)

    def press(self, form: Tag, label: str) -> TestResponse:
        """The button of that label."""
        button = next((one for one in form.select("button") if one.text.strip() == label), None)
        assert button is not None, f"no {label!r} among {[one.text for one in form.select('button')]}"
        fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
        if button.has_attr("name"):
            fields[str(button["name"])] = str(button["value"])
        return self.send(str(form["action"]), fields)

    def press_on(self, item: KnownItem, label: str, path: str = "/admin/") -> TestResponse:
        """The button of that label beside an item of a list."""
        return self.press(self.form(item, path), label)

    def form(self, item: KnownItem, path: str = "/admin/") -> Tag:
        """The form beside an item, as it stands on that page now."""
        form = self.page(path).select_one(f"#item-{item.uid} form.acts")
        assert form is not None, f"no buttons for {item.uid} on {path}"
        return form

    def token(self) -> str:
        """The token of this session, as its own forms carry it."""
        field = self.page("/admin/").select_one("input[name=csrf]")
        assert field is not None
        return str(field["value"])


OpenDashboard = Callable[..., Dashboard]


@pytest.fixture
def desk(engine: Engine, site: KnownSite) -> Desk:
    """The desk of ``https://blog.example/``."""
    return Desk(engine, site)


def signed_in(engine: Engine, who: SignIn) -> str:
    """What the cookie holds of somebody who signed in just now: no password is asked for, that is tried elsewhere."""
    with writing(engine) as session:
        known = moderators.named(session, who.name)
        assert known is not None
        return sessions.begin(session, known.id, browser("Werkzeug", "127.0.0.1"), datetime.now(UTC))


@pytest.fixture
def open_dashboard(app: Flask, engine: Engine) -> OpenDashboard:
    """``open_dashboard(who)``: a browser of its own, signed in if ``who`` is given."""

    def open_(who: SignIn | None = None) -> Dashboard:
        client = app.test_client()
        if who is not None:
            client.set_cookie(app.extensions["reflections-entrance"].cookie, signed_in(engine, who))
        return Dashboard(client)

    return open_


@pytest.fixture
def dashboard(open_dashboard: OpenDashboard, owner: SignIn) -> Dashboard:
    """The owner's dashboard."""
    return open_dashboard(owner)
