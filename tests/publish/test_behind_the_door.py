"""Reading from a running service: what the door gives from memory is as true as what Flask would say."""

from __future__ import annotations

import gzip
import json
import time

import pytest
from flask.testing import FlaskClient

from service.languages.widget import edition
from service.publish.widget import STYLE
from service.values.held import HOLD, HeldAnswer
from service.values.state import State
from tests.support.host_pages import Served
from tests.support.service import KnownSite, ask
from tests.support.threads import Says, Threads
from tests.support.waiting import until


def test_a_decision_is_seen_within_a_second(served: Served) -> None:
    post = served.threads.post(served.site("https://door.example/"))
    (item,) = served.threads.add(post, Says("words"))
    url = f"{served.url}/api/v1/thread?url={post.url}"
    assert ask(url).json["total"] == 1
    served.threads.decide(item, State.REJECTED)
    decided = time.monotonic()
    until(lambda: ask(url).json["total"] == 0, 5, "the item is still given", pause=0.02)
    assert time.monotonic() - decided < 2, "a second, and room for a busy machine"


def test_encodings_and_unchanged_answers_come_from_memory(served: Served) -> None:
    post = served.threads.post(served.site("https://memory.example/"))
    served.threads.add(post, Says("words " * 50))
    url = f"{served.url}/api/v1/thread?url={post.url}"
    for _ in range(2):
        packed = ask(url, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert json.loads(gzip.decompress(packed.body)) == ask(url).json
        assert ask(url, headers={"If-None-Match": packed.headers["etag"]}).status == 304
        assert ask(url, method="HEAD").headers["etag"] == ask(url).headers["etag"]


@pytest.mark.parametrize("path", ["/api/v1/thread", "/embed"])
def test_only_what_somebody_named_is_held(client: FlaskClient, site: KnownSite, threads: Threads, path: str) -> None:
    """Anybody can make up pages of a site: they are answered, and take no room from those that have a thread."""
    post, made_up = threads.post(site), site.page("made-up")
    assert [bool(held(client, path, url=post.url)) for _ in range(3)] == [False, True, True], "most are read once"
    assert [bool(held(client, path, url=made_up)) for _ in range(3)] == [False] * 3
    assert not held(client, path, url=post.url, key="made-up"), "keys are as endless"


def test_counts_are_held_where_one_of_the_pages_was_named(
    client: FlaskClient, site: KnownSite, threads: Threads
) -> None:
    named, made_up = threads.post(site).url, site.page("made-up")
    assert held(client, "/api/v1/counts", url=[named, made_up])
    assert not held(client, "/api/v1/counts", url=[made_up, site.page("another")])
    assert not held(client, "/api/v1/counts", url="https://else.example/")
    assert not held(client, "/api/v1/counts", url=named, key="made-up")


@pytest.mark.parametrize("path", ["/widget.js", f"/widget/{edition()}/fr.json", f"/embed/{STYLE}.css"])
def test_files_are_held_under_their_own_addresses_alone(client: FlaskClient, path: str) -> None:
    assert held(client, path)
    assert not held(client, path, v="made-up")


def held(client: FlaskClient, path: str, **query: str | list[str]) -> list[HeldAnswer]:
    """What the door is offered to keep for the next reader."""
    offered: list[HeldAnswer] = []
    answer = client.get(path, query_string=query, environ_overrides={HOLD: offered.append})
    assert answer.status_code == 200
    return offered


def test_an_odd_query_is_answered_and_packed_too(served: Served) -> None:
    post = served.threads.post(served.site("https://odd.example/"))
    packed = ask(f"{served.url}/api/v1/thread?url={post.url}&_=1", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(packed.body))["total"] == 0
