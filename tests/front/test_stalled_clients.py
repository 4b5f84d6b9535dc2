"""A client that stalls holds up nobody else: 500 at once, in head, in body and in reading."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from service.front.listen import HEAD_SECONDS, READ_SECONDS
from tests.support.door import BODY_SECONDS, RunningDoor, running_door, until_closed
from tests.support.waiting import until

STALLED = 500
BODY_HEAD = b"POST /echo HTTP/1.1\r\nHost: reflections.example\r\nContent-Length: 1000\r\n\r\nabc"
LARGE = 200_000


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    """A door of its own, so that no stalled client of ours meets another file's tests."""
    with running_door(tmp_path_factory.mktemp("crowded")) as door:
        door.publish("one")
        door.ask("GET", door.thread)
        yield door


def stall(door: RunningDoor, stack: ExitStack, said: bytes, number: int) -> None:
    """``number`` clients that say this and then neither send nor read."""
    for _ in range(number):
        stack.enter_context(closing(door.connect(30, receive_buffer=4096))).sendall(said)


def honest(door: RunningDoor, until: Callable[[], bool]) -> list[float]:
    """The seconds that each honest request took, reading and posting by turns, as long as ``until`` is false."""

    def visit(_: int) -> float:
        read = door.ask("GET", door.thread)
        wrote = door.ask("POST", "/echo", b"source=a&target=b")
        assert (read.status, wrote.status) == (200, 200)
        return max(read.seconds, wrote.seconds)

    took: list[float] = []
    with ThreadPoolExecutor(4) as visitors:
        while not until():
            took += visitors.map(visit, range(8))
    return took


def after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /echo HTTP/1.1\r\nHost: reflec", id="half a head"),
        pytest.param(BODY_HEAD, id="half a body"),
        pytest.param(b"GET /large?%d HTTP/1.1\r\nHost: a\r\n\r\n" % LARGE, id="not reading"),
    ],
)
def test_500_stalled_clients_delay_nobody(crowded: RunningDoor, said: bytes) -> None:
    with ExitStack() as stack:
        stall(crowded, stack, said, STALLED)
        took = honest(crowded, after(1.5))
        assert max(took) < 5, "one place held by each would be minutes"


def test_500_clients_stalled_in_every_way_are_all_ended(crowded: RunningDoor) -> None:
    with ExitStack() as stack:
        stalled = [stack.enter_context(closing(crowded.connect(30))) for _ in range(STALLED)]
        for number, line in enumerate(stalled):
            line.sendall((b"", BODY_HEAD[:20], BODY_HEAD)[number % 3])
        began = time.monotonic()
        ends = [until_closed(line) for line in stalled]
        assert time.monotonic() - began < HEAD_SECONDS + BODY_SECONDS + 25
    assert {end[9:12] for end in ends[2::3]} == {b"408"}
    assert set(ends[0::3]) == set(ends[1::3]) == {b""}


def test_an_answer_that_nobody_reads_holds_no_thread(crowded: RunningDoor) -> None:
    """More readers than threads, each of an answer that fits no socket's buffer."""
    with ExitStack() as stack:
        stall(crowded, stack, b"GET /large?5000000 HTTP/1.1\r\nHost: a\r\n\r\n", 20)
        took = [crowded.ask("GET", "/echo").seconds for _ in range(50)]
        assert max(took) < READ_SECONDS / 3


def test_slow_writes_hold_up_no_reader(crowded: RunningDoor) -> None:
    """As many posts as there are threads wait for a locked database; reading goes on, what is not held included."""
    (crowded.folder / "hangs").touch()
    post = b"POST /echo HTTP/1.1\r\nHost: reflections.example\r\nContent-Length: 3\r\n\r\nabc"
    with ExitStack() as stack:
        stall(crowded, stack, post, 40)
        try:
            seen = {crowded.ask("GET", "/quick").status for _ in range(20)}
        finally:
            (crowded.folder / "hangs").unlink()
        assert seen == {200}, "while all of those still waited"


def test_a_reader_that_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    with running_door(tmp_path, read_seconds=1) as door, closing(door.connect(20, receive_buffer=4096)) as line:
        line.sendall(b"GET /large?20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: not still_open(door.port, line.getsockname()[1]), 15, "it still has its line")
        assert len(until_closed(line)) < 20_000_000


def still_open(port: int, other: int) -> bool:
    """Whether the kernel still has our side of this line."""
    needle = f"0100007F:{port:04X} 0100007F:{other:04X}"
    return needle in Path("/proc/net/tcp").read_text()


def test_stopping_does_not_wait_for_the_stalled(tmp_path: Path) -> None:
    with running_door(tmp_path) as door, ExitStack() as stack:
        assert door.ask("GET", "/quick").status == 200
        for said in (b"", BODY_HEAD[:20], BODY_HEAD, b"GET /large?20000000 HTTP/1.1\r\nHost: a\r\n\r\n"):
            stall(door, stack, said, 20)
        door.process.terminate()
        assert door.process.wait(10) == 0


def test_a_request_under_way_is_answered_before_the_door_closes(tmp_path: Path) -> None:
    with running_door(tmp_path) as door, closing(door.connect()) as line:
        assert door.ask("GET", "/quick").status == 200
        (tmp_path / "hangs").touch()
        line.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        until(lambda: door.asked() == 2, 10, "it did not come through")
        door.process.terminate()
        (tmp_path / "hangs").unlink()
        assert b'"body": "abc"' in until_closed(line)


def test_without_a_free_file_clients_wait_and_are_answered_later(tmp_path: Path) -> None:
    """Security row 187: as with ``ulimit -n 64``."""
    with running_door(tmp_path, files=64) as door, ExitStack() as stack:
        stall(door, stack, BODY_HEAD, 100)
        assert door.ask("GET", "/quick").status == 200
        assert door.process.poll() is None
