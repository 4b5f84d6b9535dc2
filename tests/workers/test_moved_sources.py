"""A source that has moved for good is the same item at its new address; nobody gets at another's item by moving."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from service.model import Reflection
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.fetching import fetcher
from tests.support.nameserver import NameServer
from tests.support.verifying import Pipeline
from tests.workers.test_updates import Pair

NEIGHBOUR = "127.0.0.3"


@pytest.fixture
def pair(pipeline: Pipeline) -> Pair:
    return Pair(pipeline)


def moves(
    pair: Pair, path: str = "/new", host: str = "127.0.0.2", status: int = 301, words: str = "first words"
) -> str:
    """The source moves there with its words, and is looked at again; its new address."""
    new = pair.pipeline.web.page(path, pair.words(words), host=host)
    pair.pipeline.web.redirect("/source", new, status=status)
    look(pair)
    return new


def look(pair: Pair) -> None:
    pair.pipeline.change(pair.item, again_at=datetime.now(UTC))
    pair.pipeline.run()


def public(client: FlaskClient, pair: Pair) -> list[dict[str, Any]]:
    return list(client.get("/api/v1/thread", query_string={"url": pair.target}).json["reflections"])  # type: ignore[index]


def sent(client: FlaskClient, pair: Pair, source: str) -> list[Reflection]:
    """All items, once somebody has sent this source."""
    answer = client.post("/webmention", data={"source": source, "target": pair.target})
    assert answer.status_code == 201
    pair.pipeline.run()
    return pair.pipeline.items()


def test_it_is_the_same_item_and_shows_its_new_address(pair: Pair, client: FlaskClient) -> None:
    before = public(client, pair)
    new = moves(pair)
    [after] = public(client, pair)
    assert (before[0]["url"], after["url"]) == (pair.source, new)
    assert {**after, "url": None} == {**before[0], "url": None}
    assert (pair.now.source, pair.now.latest) == (pair.source, 1)


@on_sqlite
@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_move_for_now_changes_no_address(pair: Pair, client: FlaskClient, status: int) -> None:
    moves(pair, status=status)
    assert public(client, pair)[0]["url"] == pair.source
    assert pair.now.moved_key is None


@on_sqlite
def test_a_source_that_comes_back_is_shown_where_it_is(pair: Pair, client: FlaskClient) -> None:
    moves(pair)
    pair.says(pair.words("first words"))
    look(pair)
    assert public(client, pair)[0]["url"] == pair.source
    assert pair.now.moved_key is None


def test_a_claim_from_its_new_address_is_the_same_item(pair: Pair, client: FlaskClient) -> None:
    new = moves(pair)
    [item] = sent(client, pair, new)
    assert (item.id, item.state, item.shown) == (pair.item, State.APPROVED, 1)


@on_sqlite
def test_a_claim_from_its_new_address_withdraws_it(pair: Pair, client: FlaskClient) -> None:
    new = moves(pair)
    pair.pipeline.web.gone(new)
    [item] = sent(client, pair, new)
    assert (item.id, item.state, item.moved_key) == (pair.item, State.GONE, None)


def test_an_address_with_an_item_of_its_own_keeps_it(pair: Pair, client: FlaskClient) -> None:
    new = pair.pipeline.web.page("/new", pair.words("my own words"))
    own = pair.pipeline.verified(new, pair.target)
    moves(pair, words="my own words")
    sent(client, pair, new)
    assert [item.id for item in pair.pipeline.items()] == [pair.item, own.id]
    assert len(pair.pipeline.item(own.id).arrivals) == 1


@on_sqlite
def test_who_redirects_his_page_to_anothers_is_not_taken_for_the_other(pair: Pair, client: FlaskClient) -> None:
    theirs = moves(pair, host=NEIGHBOUR)
    assert pair.now.moved_key is None
    mine, other = sent(client, pair, theirs)
    assert (mine.id, other.source, other.state) == (pair.item, theirs, State.PENDING)


@on_sqlite
def test_a_neighbour_on_another_subdomain_keeps_his_claim(pipeline: Pipeline, nameserver: NameServer) -> None:
    target, port = pipeline.post(), urlsplit(pipeline.web.url("/")).port
    nameserver.name("alice.uni.test", NEIGHBOUR)
    nameserver.name("mallory.uni.test", "127.0.0.2")
    theirs = f"http://alice.uni.test:{port}/post"
    pipeline.web.page("/post", f"<a href='{target}'>x</a>", host=NEIGHBOUR)
    pipeline.web.redirect("/x", theirs, status=301)
    fetch = fetcher("127.0.0.0/8", nameserver=nameserver).fetch
    named = replace(pipeline, means=replace(pipeline.means, fetch=fetch))
    item = named.verified(f"http://mallory.uni.test:{port}/x", target)
    assert (item.state, item.host, item.moved_key) == (State.PENDING, "uni.test", None)


@on_sqlite
@pytest.mark.parametrize("state", [State.REJECTED, State.SPAM])
def test_who_was_turned_away_takes_nobody_along(pair: Pair, client: FlaskClient, state: State) -> None:
    new = moves(pair)
    pair.decide(state)
    mine, other = sent(client, pair, new)
    assert (mine.state, other.source, other.state) == (state, new, State.PENDING)


@on_sqlite
def test_who_cannot_be_read_any_more_takes_nobody_along(pair: Pair, client: FlaskClient) -> None:
    new = moves(pair)
    pair.pipeline.web.page("/source", "down", status=503)
    look(pair)
    mine, other = sent(client, pair, new)
    assert (mine.id, other.source, other.state) == (pair.item, new, State.PENDING)


@on_sqlite
def test_a_move_to_another_domain_waits_for_a_person(pair: Pair, client: FlaskClient) -> None:
    new = moves(pair, host=NEIGHBOUR)
    assert (pair.now.state, pair.now.shown, pair.now.latest, pair.now.decided) == (State.APPROVED, 1, 2, 1)
    assert public(client, pair)[0]["url"] == pair.source
    pair.decide(State.APPROVED)
    assert public(client, pair)[0]["url"] == new


@on_sqlite
def test_who_takes_his_redirect_back_has_no_hold_on_where_it_led(pair: Pair, client: FlaskClient) -> None:
    new = moves(pair)
    pair.pipeline.web.gone(pair.source)
    look(pair)
    mine, other = sent(client, pair, new)
    assert (mine.state, other.source, other.state) == (State.GONE, new, State.PENDING)


@on_sqlite
def test_a_date_that_its_source_puts_right_is_shown_without_a_new_decision(pair: Pair, client: FlaskClient) -> None:
    assert public(client, pair)[0]["published"] is None
    date = "2011-10-14T09:30:00+02:00"
    pair.says(f"<meta property='article:published_time' content='{date}'>" + pair.words("first words"))
    look(pair)
    assert public(client, pair)[0]["published"] == date
    assert (pair.now.latest, pair.now.decided) == (1, 1)
