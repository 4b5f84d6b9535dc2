"""The one door: what a claim becomes, what becomes of one that is known, and who has to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from rq import Queue
from rq.serializers import JSONSerializer

from config.settings import PREFIX, Settings, load
from service.bell import Bell
from service.model import Post, Reflection, Site
from service.model.reflection import MOST_FORMS
from service.values.state import State
from tests.receive.senders import SOURCE, TARGET, Stored, mention, on_sqlite, ping, track
from tests.support.service import OPEN, SECRET, KnownSite
from tests.support.waiting import until


def test_one_source_under_one_post_is_one_item_with_all_its_ways(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    mention(client)
    assert ping(client, target=TARGET + "/") == 48
    assert track(client, stored.posts()[0].id, url=SOURCE + "#part").error == 0
    item = stored.item()
    assert item.kind == "webmention", "what it came by first"
    assert [(arrival.protocol, arrival.target) for arrival in stored.arrivals()] == [
        ("webmention", TARGET),
        ("pingback", TARGET + "/"),
        ("trackback", TARGET),
    ]


def test_nobody_fills_the_list_of_forms_so_that_the_plain_one_finds_no_place(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    for number in range(MOST_FORMS + 3):
        mention(client, SOURCE, f"{TARGET}?utm_source={number}")
        mention(client, SOURCE, f"{TARGET}#{number}")
    mention(client, SOURCE, TARGET)
    forms = [arrival.target for arrival in stored.arrivals()]
    assert len(forms) == MOST_FORMS + 1 and forms[-1] == TARGET


def test_a_post_is_known_by_the_address_that_its_owner_would_write(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    mention(client, SOURCE, f"{TARGET}?utm_source=casino.example#top")
    assert [post.url for post in stored.posts()] == [TARGET]


def test_another_source_or_another_post_is_another_item(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for source, target in [
        (SOURCE, TARGET),
        (SOURCE + "?page=2", TARGET),
        (SOURCE.replace("https:", "http:"), TARGET),
        (SOURCE, TARGET + "-2"),
        (SOURCE, TARGET + "?x=1"),
    ]:
        assert mention(client, source, target).status_code == 201
    assert stored.count(Reflection) == 5
    assert stored.count(Post) == 3


@pytest.mark.parametrize("state", [State.PENDING, State.APPROVED, State.REJECTED, State.SPAM, State.GONE])
def test_sending_again_has_it_looked_at_and_changes_nothing_else(
    client: FlaskClient, site: KnownSite, stored: Stored, state: State
) -> None:
    mention(client)
    stored.becomes(State.PENDING, state)
    version, events = stored.posts()[0].version, len(stored.events())
    assert mention(client).status_code == 201
    item = stored.item()
    assert (item.state, item.attempts) == (state, 0)
    assert item.due_at is not None and item.due_at <= datetime.now(UTC)
    assert (stored.posts()[0].version, len(stored.events())) == (version, events)


def test_what_failed_is_tried_again_when_it_is_sent_again(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    mention(client)
    stored.becomes(State.FAILED, reason="no_link")
    location = mention(client).headers["Location"]
    item = stored.item()
    assert location.endswith(item.uid)
    assert (item.state, item.attempts) == (State.RECEIVED, 0)
    assert item.due_at is not None
    event = stored.events()[-1]
    assert (event.came_from, event.went_to, event.by) == (State.FAILED, State.RECEIVED, "sender")


def test_what_waits_for_its_turn_keeps_its_place(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    mention(client)
    stored.change(Reflection, due_at=datetime.now(UTC) - timedelta(minutes=5))
    before = stored.item().due_at
    mention(client)
    assert stored.item().due_at == before


def test_what_is_looked_at_just_now_is_looked_at_once_more(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    mention(client)
    before = stored.item().due_at
    stored.change(Reflection, lease="a worker's", leased_until=datetime.now(UTC) + timedelta(seconds=45))
    mention(client)
    item = stored.item()
    assert before is not None and item.due_at is not None and item.due_at > before
    assert item.lease == "a worker's"


def test_what_an_owner_erased_does_not_come_back(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    mention(client)
    stored.change(Reflection, state=State.ERASED, source=None, due_at=None)
    assert mention(client, target=TARGET + "/").status_code == 201
    assert ping(client) == 48
    item = stored.item()
    assert (item.state, item.source, item.due_at) == (State.ERASED, None, None)
    assert len(stored.arrivals()) == 1


def test_a_closed_target_takes_none_but_what_it_knows(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    mention(client)
    stored.change(Post, linkbacks_open=False)
    assert mention(client, SOURCE + "/2").text == "This page does not take any more.\n"
    assert mention(client).status_code == 201


def test_a_closed_site_takes_no_new_post(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    stored.change(Site, linkbacks_open=False)
    assert mention(client).text == "This page does not take any more.\n"
    assert stored.count(Post) == 0


def test_a_post_that_is_not_there_takes_none_until_it_may_be_there(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    mention(client)
    stored.change(Post, exists=False, looked_at=datetime.now(UTC), due_at=None)
    refused = mention(client, SOURCE + "/2")
    assert (refused.status_code, refused.text) == (400, "The page that is linked to does not exist.\n")
    assert mention(client).status_code == 201, "its status says so"
    assert stored.posts()[0].due_at is None
    stored.change(Post, looked_at=datetime.now(UTC) - timedelta(minutes=6))
    assert mention(client, SOURCE + "/2").status_code == 201
    assert stored.posts()[0].due_at is not None


def test_a_fragment_that_names_an_item_makes_a_reply(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    mention(client)
    first = stored.item()
    mention(client, "https://tom.example/", f"{TARGET}#reflection-{first.uid}")
    mention(client, "https://ann.example/", f"{TARGET}#reflection-unknown")
    mention(client, "https://eve.example/", f"https://blog.example/another#reflection-{first.uid}")
    mention(client, SOURCE, f"{TARGET}#reflection-{first.uid}")
    assert [item.parent_id for item in stored.items()] == [None, first.id, None, None]
    assert len({item.post_id for item in stored.items()[:3]}) == 1
    assert stored.arrivals()[1].target == f"{TARGET}#reflection-{first.uid}"


def test_who_rang_just_now_does_not_ask_again(redis_url: str) -> None:
    bell, elsewhere = Bell(redis_url), Bell(redis_url)
    jobs = Queue("verify", connection=elsewhere.connection, serializer=JSONSerializer)
    bell.ring("verify")
    asked = elsewhere.connection.info("commandstats")["cmdstat_set"]["calls"]
    for _ in range(20):
        bell.ring("verify")
    assert elsewhere.connection.info("commandstats")["cmdstat_set"]["calls"] == asked
    elsewhere.ring("verify")
    assert jobs.count == 1, "nor is another process heard meanwhile"

    def heard_again() -> bool:
        bell.ring("verify")
        return jobs.count == 2

    until(heard_again, 5, "a later ring was not heard")


@on_sqlite
def test_a_worker_is_woken_after_the_commit(client: FlaskClient, site: KnownSite, redis_url: str) -> None:
    jobs = Queue("verify", connection=redis.Redis.from_url(redis_url), serializer=JSONSerializer)
    mention(client, target="https://elsewhere.example/")
    assert jobs.count == 0
    mention(client)
    assert [job.func_name for job in jobs.jobs] == ["workers.jobs.verify_due"]


# limits


def limited(settings: Settings, folder: Path, limits: str) -> FlaskClient:
    """The same service with these limits."""
    from service.app import create_app

    environ = OPEN | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(folder),
        "BASE_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": SECRET,
        "INTAKE_LIMITS": limits,
    }
    app: Flask = create_app(load({PREFIX + name: value for name, value in environ.items()}))
    return app.test_client()


@on_sqlite
def test_past_the_limit_of_an_address_each_protocol_says_so(
    settings: Settings, tmp_path: Path, site: KnownSite, stored: Stored
) -> None:
    client = limited(settings, tmp_path, "address=2/minute")
    assert mention(client, SOURCE + "/1").status_code == mention(client, SOURCE + "/2").status_code == 201
    refused = mention(client, SOURCE + "/3", X_Forwarded_For="198.51.100.7", X_Real_IP="198.51.100.8")
    assert (refused.status_code, refused.text) == (429, "Too many requests came in a short time; try again later.\n")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert ping(client, SOURCE + "/4") == 49
    assert track(client, stored.posts()[0].id, url=SOURCE + "/5").error == 1
    elsewhere = client.post(
        "/webmention", data={"source": SOURCE, "target": TARGET}, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    assert elsewhere.status_code == 201
    assert stored.count(Reflection) == 3, "those that were taken are there, all of them"


@on_sqlite
def test_past_the_limit_of_a_source_host_claims_are_taken_and_wait(
    settings: Settings, tmp_path: Path, site: KnownSite, stored: Stored
) -> None:
    client = limited(settings, tmp_path, "domain=2/minute")
    for number in range(5):
        assert mention(client, f"https://h{number}.victim.example/").status_code == 201
    mention(client, "https://tom.example/")
    waits = [(item.due_at - item.received).total_seconds() for item in stored.items() if item.due_at]
    assert waits == [0, 0, 60, 60, 120, 0]


@on_sqlite
def test_the_limit_of_all_together_holds_for_a_stranger_too(
    settings: Settings, tmp_path: Path, site: KnownSite
) -> None:
    client = limited(settings, tmp_path, "total=1/hour")
    assert mention(client).status_code == 201
    body = {"source": SOURCE, "target": TARGET}
    answer = client.post("/webmention", data=body, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 60
