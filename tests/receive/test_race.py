"""All at once: one source under one post stays one item, by whatever protocols it comes."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from service.model import Post, Reflection
from tests.receive.senders import SOURCE, TARGET, Stored, mention, ping, track
from tests.support.service import KnownSite

AT_ONCE = 50


def test_fifty_at_once_by_three_protocols_are_one_item(app: Flask, site: KnownSite, stored: Stored) -> None:
    mention(app.test_client(), "https://earlier.example/")
    post = stored.posts()[0].id

    def send(number: int) -> tuple[str, Any]:
        client = app.test_client()
        if number % 3 == 0:
            answer = mention(client)
            return "webmention", (answer.status_code, answer.headers["Location"])
        if number % 3 == 1:
            said = ping(client)
            return "pingback", 48 if said == 48 else "taken" if "/webmention/" in str(said) else said
        return "trackback", track(client, post, url=SOURCE).error

    with ThreadPoolExecutor(AT_ONCE) as senders:
        told = Counter(senders.map(send, range(AT_ONCE)))
    (item,) = [item for item in stored.items() if item.source == SOURCE]
    assert {said for protocol, said in told if protocol == "webmention"} == {
        (201, f"http://127.0.0.1:8000/webmention/{item.uid}")
    }
    assert {said for protocol, said in told if protocol == "pingback"} <= {"taken", 48}
    assert told["pingback", "taken"] <= 1
    assert {said for protocol, said in told if protocol == "trackback"} == {0}
    ways = [(way.protocol, way.target) for way in stored.arrivals() if way.reflection_id == item.id]
    assert sorted(ways) == [("pingback", TARGET), ("trackback", TARGET), ("webmention", TARGET)]


def test_fifty_at_once_for_a_new_post_make_one_post(app: Flask, site: KnownSite, stored: Stored) -> None:
    def send(number: int) -> int:
        return mention(app.test_client(), f"https://s{number}.example/").status_code

    with ThreadPoolExecutor(AT_ONCE) as senders:
        assert set(senders.map(send, range(AT_ONCE))) == {201}
    assert stored.count(Post) == 1
    assert stored.count(Reflection) == AT_ONCE
