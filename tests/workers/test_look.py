"""Our own posts are looked at when they are first named: whether they are there, and what they say of themselves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import update

from service.decide.conclude import DEATHS
from service.model import Post, Site
from service.model import site as sites
from service.model.engine import writing
from service.model.post import named
from service.values.address import Address, parse
from service.values.page import Fetched, Limits, Validators
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.verifying import OURS, Pipeline
from tests.support.waiting import free_port
from tests.support.web import Answer, Request
from workers import due
from workers.due import LEASE

TITLE = "Débat 2.0 : le retour"


def source_of(pipeline: Pipeline, target: str, path: str = "/source") -> str:
    return pipeline.web.page(path, f"<a href='{target}'>x</a>")


def looked_at(pipeline: Pipeline, body: str, **answer: object) -> Post:
    """What is known of a post after its look, whose page has this body."""
    target = pipeline.web.page("/new", body, host=OURS, **answer)  # type: ignore[arg-type]
    pipeline.verified(source_of(pipeline, target), target)
    return pipeline.our_post(target)


@pytest.mark.parametrize(
    "body",
    [
        f"<title>{TITLE} « InfGov's Blog</title><article class=h-entry><h1 class=p-name>{TITLE}</h1></article>",
        f"<title>{TITLE} « InfGov's Blog</title><div class=hentry><h2 class=entry-title>{TITLE}</h2></div>",
        f"<title>{TITLE} « InfGov's Blog</title><meta property=og:title content='{TITLE}'>",
        f"<title>{TITLE}</title><div class=h-entry><p class=e-content>Words.</p></div>",
        f"<title>{TITLE}</title><div class=h-entry><p class=p-name>a</div><div class=h-entry><p class=p-name>b</div>",
        f"<title>\n {TITLE} </title>",
    ],
)
def test_a_post_is_called_what_its_readers_call_it(sqlite_pipeline: Pipeline, body: str) -> None:
    post = looked_at(sqlite_pipeline, body)
    assert (post.title, post.exists, post.lease) == (TITLE, True, None)


def test_its_readers_see_what_it_is_called_as_soon_as_that_is_known(pipeline: Pipeline, client: FlaskClient) -> None:
    def title() -> str:
        return str(client.get("/api/v1/thread", query_string={"url": target}).json["title"])  # type: ignore[index]

    target = pipeline.web.page("/new", f"<title>{TITLE}</title>", host=OURS)
    pipeline.claim(source_of(pipeline, target), target)
    assert title() == ""
    pipeline.run()
    assert title() == TITLE


def test_when_it_was_published_is_known(pipeline: Pipeline) -> None:
    dated = "<div class=h-entry><p class=p-name>A</p><time class=dt-published datetime='2011-10-14T09:30:00+02:00'>x"
    assert looked_at(pipeline, dated).published == "2011-10-14T09:30:00+02:00"


@on_sqlite
@pytest.mark.parametrize("status", [404, 410])
def test_the_sources_of_a_post_that_does_not_exist_are_never_fetched(pipeline: Pipeline, status: int) -> None:
    target = pipeline.web.page("/nowhere", status=status, host=OURS)
    source = source_of(pipeline, target)
    item = pipeline.verified(source, target)
    assert (item.state, item.reason) == (State.FAILED, "no_such_post")
    assert pipeline.our_post(target).exists is False
    assert pipeline.web.connections("127.0.0.2") == 0


def test_a_post_is_looked_at_once_for_all_its_items(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    for number in range(5):
        sqlite_pipeline.claim(source_of(sqlite_pipeline, target, f"/{number}"), target)
    sqlite_pipeline.run()
    sqlite_pipeline.verified(source_of(sqlite_pipeline, target, "/later"), target)
    assert len(sqlite_pipeline.web.requests(target)) == 1


def test_a_post_that_is_no_page_exists_all_the_same(sqlite_pipeline: Pipeline) -> None:
    post = looked_at(sqlite_pipeline, "\x89PNG", headers={"Content-Type": "image/png"})
    assert (post.exists, post.title, post.attempts) == (True, "", 0)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_blog_in_trouble_proves_nothing_and_is_looked_at_again(sqlite_pipeline: Pipeline, status: int) -> None:
    target = sqlite_pipeline.web.page("/new", status=status, host=OURS)
    item = sqlite_pipeline.verified(source_of(sqlite_pipeline, target), target)
    assert item.state is State.PENDING
    post = sqlite_pipeline.our_post(target)
    assert (post.exists, post.attempts) == (None, 1) and post.due_at is not None and post.due_at > datetime.now(UTC)


def test_a_blog_that_is_away_is_given_up_after_five_looks(sqlite_pipeline: Pipeline) -> None:
    away = f"http://{OURS}:{free_port(OURS)}/new"
    with writing(sqlite_pipeline.engine) as session:
        owner = session.get_one(Site, sqlite_pipeline.blog.id)
        post = named(session, owner, parse(away), datetime.now(UTC)).id
    looks = 0
    while sqlite_pipeline.run():
        looks += 1
        with writing(sqlite_pipeline.engine) as session:
            again = session.get_one(Post, post)
            assert again.exists is None
            if again.due_at is not None:
                again.due_at = datetime.now(UTC)
    assert looks == 5


def test_a_post_that_was_there_is_not_forgotten_when_its_blog_is_in_trouble(sqlite_pipeline: Pipeline) -> None:
    post = looked_at(sqlite_pipeline, f"<title>{TITLE}</title>")
    sqlite_pipeline.web.page("/new", status=500, host=OURS)
    with writing(sqlite_pipeline.engine) as session:
        session.execute(update(Post).where(Post.id == post.id).values(due_at=datetime.now(UTC)))
    sqlite_pipeline.run()
    again = sqlite_pipeline.our_post(post.url)
    assert (again.exists, again.title) == (True, TITLE)


def test_its_canonical_address_is_one_more_of_its_addresses(pipeline: Pipeline) -> None:
    post = looked_at(pipeline, "<link rel=canonical href='/2011/10/debat/'><title>A</title>")
    assert pipeline.our_post(pipeline.web.url("/2011/10/debat", OURS)).id == post.id


def test_it_is_called_by_the_address_that_its_own_page_names(pipeline: Pipeline) -> None:
    """Whoever named it first may have written the address in his own way."""
    there = pipeline.web.url("/new/", OURS)
    post = looked_at(pipeline, f"<title>A</title><link rel=canonical href='{there}'>")
    assert post.url == there


def test_where_it_moved_to_for_good_is_one_more_of_its_addresses(pipeline: Pipeline) -> None:
    pipeline.web.page("/debat", "<title>A</title>", host=OURS)
    post = looked_at(pipeline, "", status=301, headers={"Location": "/debat"})
    assert pipeline.our_post(pipeline.web.url("/debat", OURS)).id == post.id
    assert post.title == "A"


@pytest.mark.parametrize(
    "canonical", ["/", "http://other.example/debat", "http://127.0.0.9:1/debat", "/post", "mailto:x"]
)
@on_sqlite
def test_no_other_address_is_taken_over(pipeline: Pipeline, canonical: str) -> None:
    with writing(pipeline.engine) as session:
        sites.add(session, [parse("http://other.example/")], datetime.now(UTC))
    first = pipeline.post()
    pipeline.verified(source_of(pipeline, first), first)
    theirs = pipeline.our_post(first).id
    post = looked_at(pipeline, f"<link rel=canonical href='{canonical}'><title>A</title>")
    assert post.id != theirs and pipeline.our_post(first).id == theirs
    with writing(pipeline.engine) as session:
        assert [address.key for address in session.get_one(Post, post.id).addresses] == [
            f"{OURS}:{pipeline.web.port}/new"
        ]


def test_an_address_that_nobody_could_name_is_none_of_its_addresses(postgresql_pipeline: Pipeline) -> None:
    """No index takes it; and other posts are looked at all the same."""
    word = "".join(hashlib.sha512(bytes([number])).hexdigest() for number in range(50))
    there = postgresql_pipeline.web.page(f"/{word}", "<title>Long</title>", host=OURS)
    with structlog.testing.capture_logs() as logs:
        post = looked_at(postgresql_pipeline, "", status=301, headers={"Location": there})
    assert (post.exists, post.title, logs) == (True, "Long", [])
    assert all(item.state is State.PENDING for item in postgresql_pipeline.items())


def test_a_page_of_ours_that_costs_too_much_to_read_exists(sqlite_pipeline: Pipeline) -> None:
    post = looked_at(sqlite_pipeline, "<title>Heavy</title><div class=h-entry>" + "<p>a" * 60_000)
    assert (post.exists, post.title) == (True, "Heavy")


def test_who_lost_the_lease_of_a_look_changes_nothing(pipeline: Pipeline) -> None:
    def answer(_request: Request) -> Answer:
        taken.extend(due.claim_looks(pipeline.engine, 10, datetime.now(UTC) + LEASE))
        return Answer("<title>A</title>")

    taken: list[due.Look] = []
    target = pipeline.web.answers("/new", answer, host=OURS)
    pipeline.claim(source_of(pipeline, target), target)
    pipeline.run()
    post = pipeline.our_post(target)
    assert (post.title, post.looked_at, post.lease) == ("", None, taken[0].token)


def test_a_look_that_breaks_our_own_code_is_given_up_after_three_and_its_items_are_read(pipeline: Pipeline) -> None:
    def fetch(address: Address, limits: Limits, since: Validators | None = None, **how: Any) -> Fetched:
        if address.host == OURS:
            raise ValueError("a mistake of ours")
        return pipeline.means.fetch(address, limits, since, **how)

    target = pipeline.post()
    item = pipeline.claim(source_of(pipeline, target), target)
    broken = replace(pipeline, means=replace(pipeline.means, fetch=fetch))
    with structlog.testing.capture_logs() as logs:
        for _ in range(DEATHS + 2):
            broken.run()
            with writing(pipeline.engine) as session:
                session.execute(update(Post).values(leased_until=None))
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS
    post = pipeline.our_post(target)
    assert (post.lease, post.exists) == (None, None) and post.looked_at is not None
    assert post.due_at is not None and post.due_at - post.looked_at > timedelta(days=6)
    assert pipeline.item(item).state is State.PENDING
