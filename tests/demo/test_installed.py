"""The demo in the database: a site like any other, and nothing of it is left when it is removed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.demo import installed
from service.demo.blog.content import ECHOES, FAMOUS, OPEN
from service.demo.comments import COMMENTS
from service.model import Arrival, Base, Event, Reflection, Revision, Site
from service.model import site as sites
from service.model.engine import writing
from service.model.post import known, named
from service.model.reflection import arrive
from service.model.states import Step, step
from service.values.address import parse
from service.values.state import State
from tests.support.service import MakeSite

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:8001/"


@pytest.fixture
def demo(engine: Engine) -> Engine:
    """A database with the demo in it."""
    with writing(engine) as session:
        installed.install(session, parse(BASE), NOW)
    return engine


def counted(engine: Engine) -> dict[str, int]:
    """Table → its rows, where it has any."""
    with engine.connect() as connection:
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def ping(session: Session, site: Site, source: str) -> Reflection:
    """A pingback under the famous post, as the service keeps one that was verified."""
    post = known(session, site, parse(BASE + FAMOUS.path.lstrip("/")))
    assert post is not None
    item = Reflection(
        site_id=site.id,
        post_id=post.id,
        kind="pingback",
        source=source,
        source_key=sites.hashed(source),
        state=State.PENDING,
        received=NOW,
        latest=1,
    )
    session.add(item)
    session.flush()
    session.add(Revision(reflection_id=item.id, number=1, made=NOW))
    arrive(session, item.id, "pingback", parse(post.url), None, NOW)
    return item


def test_the_famous_post_has_its_four_comments_as_they_were(demo: Engine, client: FlaskClient) -> None:
    thread = client.get("/api/v1/thread", query_string={"url": BASE + FAMOUS.path.lstrip("/")}).json
    assert thread["total"] == 4
    assert thread["locale"] == "fr"
    assert thread["title"] == " ".join(FAMOUS.title.split())
    assert thread["open"] == {"comments": False, "linkbacks": True}
    said = [(item["author"]["name"], item["published"], item["owner"]) for item in thread["reflections"]]
    assert said == [(comment.name, comment.published, False) for comment in COMMENTS]
    (answer,) = thread["reflections"][0]["replies"]
    assert (answer["author"]["name"], answer["owner"]) == (FAMOUS.author, True)


def test_the_other_post_is_open_and_empty(demo: Engine, client: FlaskClient) -> None:
    thread = client.get("/api/v1/thread", query_string={"url": BASE + OPEN.path.lstrip("/")}).json
    assert (thread["total"], thread["open"]) == (0, {"comments": True, "linkbacks": True})


def test_the_record_says_who_approved_the_comments(demo: Engine) -> None:
    with Session(demo) as session:
        events = session.scalars(select(Event)).all()
        assert {(event.by, event.came_from, event.went_to) for event in events} == {
            ("import", State.RECEIVED, State.APPROVED)
        }
        assert len(events) == 4


def test_demo_leads_to_the_famous_post(demo: Engine, client: FlaskClient) -> None:
    answer = client.get("/demo/")
    assert (answer.status_code, answer.headers["Location"]) == (302, BASE + FAMOUS.path.lstrip("/"))


def test_without_a_demo_that_is_said(client: FlaskClient) -> None:
    answer = client.get("/demo/", headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer.text.strip()) == (404, "Il n’y a pas de démo ici.")


def test_a_database_is_untouched_until_there_is_a_site(engine: Engine) -> None:
    with writing(engine) as session:
        assert installed.untouched(session)
        installed.install(session, parse(BASE), NOW)
        assert not installed.untouched(session)


def test_the_demo_is_introduced_once_all_four_pingbacks_were_decided(demo: Engine) -> None:
    with writing(demo) as session:
        site = installed.find(session)
        assert site is not None
        for number, echo in enumerate(ECHOES):
            assert not installed.introduced(session, site)
            item = ping(session, site, BASE + echo.path.lstrip("/"))
            to = State.REJECTED if number == 0 else State.APPROVED
            step(session, item, Step(State.PENDING, to, by="token", seen=1, show=1), NOW)
        assert installed.introduced(session, site)


def test_removing_it_leaves_nothing_of_it_and_all_of_the_others(engine: Engine, make_site: MakeSite) -> None:
    other = make_site("https://blog.example/")
    with writing(engine) as session:
        site = session.get(Site, other.id)
        assert site is not None
        named(session, site, parse(other.page("post")), NOW)
    before = counted(engine)
    with writing(engine) as session:
        site = installed.install(session, parse(BASE), NOW)
        ping(session, site, BASE + ECHOES[0].path.lstrip("/"))
    assert counted(engine)[Arrival.__tablename__] == 1
    with writing(engine) as session:
        assert installed.remove(session)
    assert counted(engine) == before
    with writing(engine) as session:
        assert not installed.remove(session)


def test_its_address_may_be_taken_by_another_site_alone(demo: Engine) -> None:
    with writing(demo) as session, pytest.raises(sites.BadSite):
        installed.install(session, parse(BASE), NOW)
