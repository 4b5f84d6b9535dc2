"""An owner erases an item for good: nothing of it is left but a hash that keeps it from coming back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, MetaData, select
from sqlalchemy.orm import Session

from service.model import Arrival, AuthorPage, Event, Picture, Reflection, Revision
from service.model.engine import writing
from service.values.address import parse, source_key
from service.values.state import Kind, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.threads import KnownItem

SECRET = "zeppelin"
"""A word that stands in all that is known of the item."""
HERS = f"https://{SECRET}.example/~ada/"


@pytest.fixture
def secret(desk: Desk, engine: Engine) -> KnownItem:
    """An item that is up, seen by readers and noted about, with a picture of its author's."""
    item = desk.came(
        title=f"A {SECRET}",
        name=f"Ada {SECRET}",
        source=HERS,
        author_url=HERS,
        before=f"The {SECRET} ",
        text=f"It is a {SECRET}",
        state=State.APPROVED,
        kind=Kind.TRACKBACK,
        hints={"title": f"The {SECRET}"},
        columns={"source_key": source_key(parse(HERS)), "etag": f'"{SECRET}"'},
    )
    now = datetime.now(UTC)
    with writing(engine) as session:
        picture = Picture(url=f"{HERS}me.png", day=now.date(), host=f"{SECRET}.example", wanted=now, hash="a" * 32)
        session.add(picture)
        session.add(AuthorPage(url=HERS, name=f"Ada {SECRET}", good_until=now))
        session.flush()
        revision = session.scalars(select(Revision).where(Revision.reflection_id == item.id)).one()
        revision.picture_id, revision.portrait = picture.id, picture.hash
    desk.visited(item, "http_status", {"status": 500, "visit": {"status": 500, "final": HERS}})
    return item


def erase(dashboard: Dashboard, item: KnownItem) -> str:
    """What is said where the page that asks, and its button, lead."""
    page = dashboard.page(f"/admin/items/{item.uid}/erase")
    form = page.select_one("main form.acts")
    assert form is not None
    answer = dashboard.press(form, "Erase it for good")
    assert answer.status_code == 303, answer.text
    return dashboard.page(str(answer.headers["Location"])).text


def everything(engine: Engine) -> dict[str, str]:
    """All that the database holds, table by table."""
    known = MetaData()
    known.reflect(engine)
    with engine.connect() as connection:
        return {
            name: repr(connection.execute(select(table)).all())
            for name, table in known.tables.items()
            if not name.startswith("words_index")
        }


def test_nothing_is_left_of_what_is_erased_but_a_hash(
    desk: Desk, dashboard: Dashboard, engine: Engine, client: FlaskClient, secret: KnownItem
) -> None:
    note = dashboard.page(f"/admin/items/{secret.uid}").select_one("form.noting")
    assert note is not None
    token = {"csrf": dashboard.token()}
    dashboard.send(str(note["action"]), token | {"about": "item", "words": f"She wrote about the {SECRET}"})
    desk.came(title="Another one", source="https://other.example/")
    reads = {"query_string": {"url": desk.site.page("post")}}
    assert client.get("/api/v1/thread", **reads).json["total"] == 1
    said = erase(dashboard, secret)
    assert "It is erased." in said
    assert "Another one" in said
    held = {name: rows for name, rows in everything(engine).items() if SECRET in rows}
    assert held == {}, "something is left of it"
    row = desk.row(secret)
    assert (row.state, row.source_key) == (State.ERASED, source_key(parse(HERS)))
    assert [(event.by, event.went_to) for event in desk.events(secret)][-1] == ("Olga", State.ERASED)
    assert client.get("/api/v1/thread", **reads).json["total"] == 0


def test_what_is_erased_is_taken_when_it_is_sent_again_and_stays_erased(
    desk: Desk, dashboard: Dashboard, engine: Engine, client: FlaskClient, secret: KnownItem
) -> None:
    moved = f"https://{SECRET}.example/moved"
    with writing(engine) as session:
        session.get_one(Reflection, secret.id).moved_key = source_key(parse(moved))
    erase(dashboard, secret)
    for source in (HERS, moved):
        answer = client.post("/webmention", data={"source": source, "target": desk.site.page("post")})
        assert answer.status_code == 201
    with Session(engine) as session:
        assert [(item.state, item.due_at) for item in session.scalars(select(Reflection))] == [(State.ERASED, None)]
        assert session.scalars(select(Arrival)).all() == []


def test_nobody_but_an_owner_erases_and_nothing_brings_it_back(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, secret: KnownItem, engine: Engine
) -> None:
    with writing(engine) as session:
        session.get_one(Reflection, secret.id).state = State.PENDING
    dashboard.press_on(secret, "Approve")
    approved = desk.events(secret)[-1].id
    nora = open_dashboard(desk.moderator("Nora"))
    assert nora.read(f"/admin/items/{secret.uid}/erase").status_code == 403
    assert nora.send(f"/admin/items/{secret.uid}/erase", {"csrf": nora.token()}).status_code == 403
    assert desk.state(secret) is State.APPROVED
    erase(dashboard, secret)
    undo = {"csrf": dashboard.token(), "event": str(approved)}
    assert dashboard.send("/admin/undo", undo).status_code == 404
    erased = desk.events(secret)[-1].id
    assert dashboard.send("/admin/undo", undo | {"event": str(erased)}).status_code == 404
    assert dashboard.send(f"/admin/items/{secret.uid}/erase", {"csrf": dashboard.token()}).status_code == 404
    assert desk.state(secret) is State.ERASED


def test_a_picture_that_others_name_stays(desk: Desk, dashboard: Dashboard, engine: Engine, secret: KnownItem) -> None:
    other = desk.came(title="Another one of hers", source=f"{HERS}2")
    with writing(engine) as session:
        number = session.scalars(select(Picture.id)).one()
        session.scalars(select(Revision).where(Revision.reflection_id == other.id)).one().picture_id = number
    erase(dashboard, secret)
    with Session(engine) as session:
        assert session.scalars(select(Picture.id)).all() == [number]
        assert session.scalar(select(Event.details).where(Event.reflection_id == secret.id).limit(1)) is None
