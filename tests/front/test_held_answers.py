"""Published bytes from memory: never a second old while the pages answer, still given while they can't."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from threading import Event

import brotli
import pytest

from service.front.bridge import ROOM, WAITING, Bridge
from service.front.head import Refused
from service.front.held import ENTRY, FRESH, LATEST, Held, Shelf, encodings
from service.front.looks import OVERLOADED, Looks
from service.publish.headers import API, EVERYWHERE
from service.values.held import HeldAnswer
from tests.support.door import Reply, RunningDoor, until_closed


def read(door: RunningDoor, **headers: str) -> Reply:
    return door.ask("GET", door.thread, **headers)


def version(reply: Reply) -> str:
    return reply.body.strip().decode()


def age_past(seconds: float) -> None:
    """Let what is held grow older than ``seconds``."""
    Event().wait(seconds)


def seconds_until(true: Callable[[], bool]) -> float:
    """How long it takes to become true, ten seconds at most."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 10
    return time.monotonic() - began


@contextmanager
def fault(door: RunningDoor, name: str) -> Iterator[None]:
    """While inside, the database is ``away`` or ``hangs``."""
    (door.folder / name).touch()
    try:
        yield
    finally:
        (door.folder / name).unlink()


def test_a_thousand_reads_within_the_moment_ask_flask_once(door: RunningDoor) -> None:
    door.publish("one")
    began = time.monotonic()
    while time.monotonic() - began < FRESH / 2:
        assert version(read(door)) == "one"
    assert door.asked() <= 2, "the last one may come late on a busy machine"


def test_a_decision_is_seen_within_a_second_by_readers_who_never_pause(door: RunningDoor) -> None:
    door.publish("one")
    assert version(read(door)) == "one"
    for number in range(3):
        door.publish(f"v{number}")
        assert seconds_until(lambda wanted=f"v{number}": version(read(door)) == wanted) < 2, "and room"


def test_what_is_old_is_never_given_before_it_was_compared_again(door: RunningDoor) -> None:
    door.publish("one")
    assert version(read(door)) == "one"
    door.publish("two")
    age_past(LATEST)
    assert version(read(door)) == "two"


def test_many_readers_of_an_old_answer_are_one_look(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    door.publish("two")
    age_past(LATEST)
    with ThreadPoolExecutor(20) as readers:
        seen = list(readers.map(lambda _: version(read(door)), range(20)))
    assert set(seen) == {"two"}
    assert door.asked() <= 3


def test_many_readers_of_what_is_not_yet_held_are_one_look(door: RunningDoor) -> None:
    """As after a restart, when all that were given it from memory come at once."""
    door.publish("one")
    with ExitStack() as stack:
        with fault(door, "hangs"):
            lines = [stack.enter_context(closing(door.connect())) for _ in range(20)]
            for line in lines:
                line.sendall(f"GET {door.thread} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            seconds_until(lambda: door.asked() > 0)
        seen = [until_closed(line) for line in lines]
    assert {(said[9:12], said.rpartition(b"\r\n")[2].strip()) for said in seen} == {(b"200", b"one")}
    assert door.asked() <= 3


def test_what_is_not_held_is_told_to_nobody_else(door: RunningDoor) -> None:
    """It may hang on who asks."""
    with ExitStack() as stack:
        with fault(door, "hangs"):
            lines = [stack.enter_context(closing(door.connect())) for _ in range(10)]
            for who, line in enumerate(lines):
                line.sendall(f"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: {who}\r\n\r\n".encode())
            seconds_until(lambda: door.asked() > 0)
        seen = [json.loads(until_closed(line).partition(b"\r\n\r\n")[2])["HTTP_COOKIE"] for line in lines]
    assert seen == [str(who) for who in range(10)]
    assert door.asked() == 10


def test_nobody_waits_for_ever_for_what_another_asked(door: RunningDoor) -> None:
    with ThreadPoolExecutor(3) as readers, fault(door, "hangs"):
        asking = [readers.submit(door.ask, "GET", "/echo") for _ in range(3)]
        seconds_until(lambda: door.asked() == 3)
        assert not any(one.done() for one in asking)


def test_while_one_looks_the_others_are_given_what_is_held(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    age_past(FRESH + 0.02)
    with fault(door, "hangs"), ThreadPoolExecutor(1) as looker:
        looking = looker.submit(read, door)
        seconds_until(lambda: door.asked() == 2)
        assert read(door).seconds < 1
        assert not looking.done()
        (door.folder / "hangs").rename(door.folder / "hung")
        assert version(looking.result()) == "one"
        (door.folder / "hung").rename(door.folder / "hangs")


def test_a_database_that_is_away_leaves_readers_what_is_held(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    with fault(door, "away"):
        began = time.monotonic()
        while time.monotonic() - began < LATEST + 2 * FRESH:
            assert (read(door).status, version(read(door))) == (200, "one")
        door.publish("two")
    seconds_until(lambda: version(read(door)) == "two")


def test_a_database_that_hangs_leaves_readers_what_is_held(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    with fault(door, "hangs"):
        age_past(LATEST)
        assert version(read(door)) == "one"
        age_past(FRESH)
        later = [read(door) for _ in range(20)]
        assert {version(reply) for reply in later} == {"one"}
        assert min(reply.seconds for reply in later) < 1, "they do not wait for it"
        assert door.asked() == 2
        door.publish("two")
    seconds_until(lambda: version(read(door)) == "two")


def test_what_was_never_held_says_that_the_database_is_away(door: RunningDoor) -> None:
    with fault(door, "away"):
        assert read(door).status == 503


def test_what_is_no_longer_offered_is_no_longer_given(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    (door.folder / "version").unlink()
    age_past(LATEST)
    assert "REQUEST_METHOD" in read(door).json


def test_each_reader_has_the_encoding_that_he_accepts(door: RunningDoor) -> None:
    door.publish("one")
    tags = set()
    for accepted, coding, decode in (
        (None, None, bytes),
        ("gzip", "gzip", gzip.decompress),
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("identity", None, bytes),
    ):
        reply = read(door, **({"Accept_Encoding": accepted} if accepted else {}))
        assert reply.headers["Content-Encoding"] == coding
        assert decode(reply.body).strip() == b"one"
        assert reply.headers["Vary"] == "Accept-Encoding"
        assert int(reply.headers["Content-Length"]) == len(reply.body)
        tags.add(reply.headers["ETag"])
    assert tags == {'"one"', '"one-gzip"', '"one-br"'}


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("", 0),
        ("gzip", 1),
        ("GZIP; q=1.0", 1),
        ("gzip;q=0", 0),
        ("gzip;q=0.000, br;q=0.001", 2),
        ("*", 3),
        ("*;q=0", 0),
        ("br, *;q=0", 2),
        ("gzip, br", 3),
        ("deflate, zstd", 0),
        (";;;,,=", 0),
    ],
)
def test_what_a_reader_accepts_is_read_as_rfc_9110_says(accepted: str, taken: int) -> None:
    assert encodings(accepted) == taken


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ('"one"', 304),
        ('W/"one"', 304),
        ('"zero", "one-br"', 304),
        ("*", 304),
        ('"zero"', 200),
        ("one", 200),
        ("", 200),
    ],
)
def test_a_reader_who_has_it_is_told_so(door: RunningDoor, known: str, status: int) -> None:
    door.publish("one")
    read(door)
    reply = read(door, If_None_Match=known)
    assert reply.status == status
    assert reply.headers["ETag"] == '"one"'
    assert reply.headers["Cache-Control"] == "public, max-age=10"
    assert (reply.body == b"") == (status == 304)


def test_a_reader_who_had_it_is_given_the_new_one(door: RunningDoor) -> None:
    door.publish("one")
    tag = read(door, Accept_Encoding="gzip").headers["ETag"]
    door.publish("two")
    age_past(LATEST)
    assert read(door, Accept_Encoding="gzip", If_None_Match=tag).status == 200


def test_head_says_what_get_would(door: RunningDoor) -> None:
    door.publish("one")
    expected = read(door)
    for accepted in (None, "gzip"):
        given = {"Accept_Encoding": accepted} if accepted else {}
        expected = read(door, **given)
        reply = door.ask("HEAD", door.thread, **given)
        assert (reply.status, reply.body) == (200, b"")
        assert {name: value for name, value in reply.headers.items() if name != "date"} == {
            name: value for name, value in expected.headers.items() if name != "date"
        }
    assert door.asked() == 1


def test_a_post_to_a_held_address_is_the_applications_own(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    asked = door.asked()
    door.ask("POST", door.thread, b"x")
    assert door.asked() == asked + 1


def test_another_query_is_another_answer(door: RunningDoor) -> None:
    door.publish("one")
    read(door)
    door.ask("GET", door.thread + "&page=2")
    assert door.asked() == 2


def answer(size: int, tag: str = '"a"') -> HeldAnswer:
    return HeldAnswer(200, (), tag, b"x" * size)


def test_what_was_not_looked_at_for_longest_makes_way() -> None:
    shelf = Shelf(room=2 * (ENTRY + 50))
    for number, path in enumerate(("/a", "/b", "/a", "/c")):
        shelf.keep((path, ""), answer(40), float(number))
    assert list(shelf.entries) == [("/a", ""), ("/c", "")]
    shelf.keep(("/huge", ""), answer(2 * (ENTRY + 50)), 5.0)
    assert list(shelf.entries) == [("/a", ""), ("/c", "")]


@pytest.mark.parametrize("size", [1, 2000], ids=["small answers", "small answers at long addresses"])
def test_what_is_held_takes_no_more_memory_than_its_room(size: int) -> None:
    """Whoever makes up addresses fills the shelf with answers that are nearly nothing but their surroundings."""
    room = 1024 * 1024
    shelf = Shelf(room)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(2000):
            key = "/thread".ljust(size, "x"), f"url={number}".ljust(size, "x")
            headers = tuple((name, f"{value} {number}") for name, value in EVERYWHERE + API)
            body = b"%d" % number
            shelf.keep(key, HeldAnswer(200, headers, f'"{number}"', body, body + b"g", body + b"b"), float(number))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert room / 2 < taken < room * 1.1


def test_a_late_answer_never_replaces_a_newer_one() -> None:
    shelf = Shelf()
    shelf.keep(("/a", ""), answer(1, '"new"'), 2.0)
    shelf.keep(("/a", ""), answer(1, '"old"'), 1.0)
    assert shelf.entries["/a", ""].answer.etag == '"new"'


@pytest.mark.parametrize("age", [OVERLOADED / 2, OVERLOADED * 2])
def test_while_we_have_too_much_to_do_nothing_old_comes_back(age: float) -> None:
    """Whoever asks much could else bring back what was taken down, up to a day ago."""

    async def found() -> bytes:
        bridge, shelf, key = Bridge(lambda _environ, _start: []), Shelf(), ("/a", "")
        for _ in range(WAITING):
            bridge.ask({})  # its threads were never started: it is as busy as it can be
        shelf.keep(key, answer(3), time.monotonic() - age)
        found = await Looks(bridge, shelf).find(key, {})
        assert isinstance(found, Held)
        return found.answer.body

    if age < OVERLOADED:
        assert asyncio.run(found()) == b"xxx"
    else:
        with pytest.raises(Refused):
            asyncio.run(found())


def _fine(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
    start_response("200 OK", [])
    return []


def test_what_waits_is_bounded_by_what_it_brings_too() -> None:
    async def ask() -> None:
        bridge = Bridge(_fine)
        with pytest.raises(Refused):
            for _ in range(3):
                bridge.ask({"CONTENT_LENGTH": str(ROOM // 2), "PATH_INFO": "/"})
        bridge.ask({"CONTENT_LENGTH": "0", "PATH_INFO": "/"})
        bridge.start()
        await bridge.ask({"PATH_INFO": "/"})
        assert (await bridge.ask({"CONTENT_LENGTH": str(ROOM), "PATH_INFO": "/"})).status == 200
        bridge.stop()

    asyncio.run(ask())


def test_nor_does_it_where_somebody_asks_all_the_time() -> None:
    async def found() -> None:
        bridge, shelf, key = Bridge(lambda _environ, _start: []), Shelf(), ("/a", "")
        for _ in range(WAITING):
            bridge.ask({})
        looks, held = Looks(bridge, shelf), shelf.keep(key, answer(3), time.monotonic() - OVERLOADED + 1)
        assert await looks.find(key, {}) is held
        age_past(1.5)
        with pytest.raises(Refused):
            await looks.find(key, {})

    asyncio.run(found())


def test_what_nobody_honest_sends_is_not_read() -> None:
    assert encodings("gzip," + " " * 300) == 0
    held = Shelf().keep(("/a", ""), answer(1, '"a"'), 0.0)
    assert held.matches('"b", "a"') and not held.matches('"b",' * 2000 + '"a"')
