"""The door takes whole requests only: in time, small enough, and meaning one thing to everybody."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from tests.support.door import BODY_SECONDS, RunningDoor, until_closed

HEAD = b"POST /echo HTTP/1.1\r\nHost: reflections.example\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MEBIBYTE = 1024 * 1024


def status(answer: bytes) -> int:
    """The status of the first answer on the line."""
    return int(answer.split(b" ", 2)[1])


def says(answer: bytes) -> str:
    """The sentence of an answer."""
    return answer.partition(b"\r\n\r\n")[2].decode()


def test_a_body_that_drips_is_ended_at_the_deadline(door: RunningDoor) -> None:
    began = time.monotonic()
    with closing(door.connect(0.2)) as line:
        line.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        answer = b""
        while not answer and time.monotonic() - began < 20:
            line.sendall(b"x")
            try:
                answer = line.recv(65536)
            except TimeoutError:
                continue
    assert status(answer) == 408
    assert says(answer) == f"The body did not arrive within {BODY_SECONDS:g} seconds.\n"
    assert b"connection: close" in answer
    assert BODY_SECONDS <= time.monotonic() - began < BODY_SECONDS + 2
    assert door.asked() == 0


def test_a_chunked_body_that_never_ends_is_ended_at_the_deadline(door: RunningDoor) -> None:
    began = time.monotonic()
    assert status(door.raw(CHUNKED + b"3\r\nabc\r\n")) == 408
    assert time.monotonic() - began < BODY_SECONDS + 2


def test_a_large_body_is_refused_by_its_length_without_being_read(door: RunningDoor) -> None:
    answer = door.raw(HEAD + b"Content-Length: 104857600\r\n\r\n")
    assert status(answer) == 413
    assert says(answer) == f"The body is larger than {MEBIBYTE} bytes.\n"
    assert door.asked() == 0


def test_a_client_who_asks_first_is_refused_before_he_sends(door: RunningDoor) -> None:
    answer = door.raw(HEAD + b"Content-Length: 104857600\r\nExpect: 100-continue\r\n\r\n")
    assert status(answer) == 413


def test_a_client_who_sends_a_large_body_reads_why_it_is_refused(door: RunningDoor) -> None:
    assert door.ask("POST", "/echo", b"x" * (2 * MEBIBYTE)).status == 413


def test_a_chunked_body_past_the_limit_is_refused_not_cut(door: RunningDoor) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert status(door.raw(CHUNKED + piece * 17 + b"0\r\n\r\n")) == 413
    assert status(door.raw(CHUNKED + piece * 1600 + b"0\r\n\r\n")) == 413
    assert door.asked() == 0


def test_a_body_of_just_the_limit_is_taken(door: RunningDoor) -> None:
    answer = door.ask("POST", "/echo", b"x" * MEBIBYTE)
    assert answer.status == 200
    assert len(answer.json["body"]) == MEBIBYTE


def test_a_small_chunked_body_is_taken_whole(door: RunningDoor) -> None:
    answer = door.raw(
        CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert status(answer) == 200
    assert b'"CONTENT_LENGTH": "5"' in answer
    assert b'"body": "abcde"' in answer


@pytest.mark.parametrize("broken", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"3\r\nabc\r\n-1\r\n"])
def test_malformed_chunks_are_refused_and_never_taken_for_a_body(door: RunningDoor, broken: bytes) -> None:
    assert status(door.raw(CHUNKED + broken)) == 400
    assert door.asked() == 0


def test_a_client_who_hangs_up_in_the_middle_of_a_body_is_not_heard(door: RunningDoor) -> None:
    for head in (CHUNKED + b"9\r\nabc", HEAD + b"Content-Length: 9\r\n\r\nabc"):
        with closing(door.connect()) as line:
            line.sendall(head)
    assert door.ask("GET", "/quick").status == 200
    assert door.asked() == 1


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
    ],
)
def test_a_length_that_two_parsers_could_read_differently_is_refused(door: RunningDoor, lengths: bytes) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: reflections.example\r\n\r\n"
    answer = door.raw(HEAD + lengths + b"\r\nabcde" + smuggled)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert door.asked() == 0


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"gzip\r\nTransfer-Encoding: chunked"])
def test_a_transfer_coding_that_we_do_not_know_is_refused(door: RunningDoor, coding: bytes) -> None:
    answer = door.raw(HEAD + b"Transfer-Encoding: " + coding + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert status(answer) == 501
    assert door.asked() == 0


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ],
)
def test_one_request_with_two_lengths_is_one_answer(door: RunningDoor, lengths: bytes) -> None:
    """RFC 9112 6.3: the chunks count, and the line ends, so that nothing behind them is taken for a request."""
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: reflections.example\r\n\r\n"
    answer = door.raw(HEAD + lengths + b"\r\n3\r\nabc\r\n0\r\n\r\n" + smuggled)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer
    assert door.asked() <= 1
    assert b"smuggled" not in answer


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        (b"", "The request names no host.\n"),
        (b"Host: a.example\r\nHost: b.example\r\n", "The request names two hosts.\n"),
        (b"Host: a.example\r\nHost: a.example\r\n", "The request names two hosts.\n"),
    ],
)
def test_a_request_names_one_host(door: RunningDoor, hosts: bytes, sentence: str) -> None:
    door.publish("one")
    door.ask("GET", door.thread)
    for path in ("/echo", door.thread):
        answer = door.raw(f"GET {path} HTTP/1.1\r\n".encode() + hosts + b"\r\n")
        assert (status(answer), says(answer)) == (400, sentence)
    assert door.asked() == 1


@pytest.mark.parametrize("line", [b"OPTIONS *", b"CONNECT reflections.example:443", b"GET /a%00b", b"GET /a%0d%0aX:b"])
def test_what_is_not_a_path_is_refused(door: RunningDoor, line: bytes) -> None:
    answer = door.raw(line + b" HTTP/1.1\r\nHost: reflections.example\r\nConnection: close\r\n\r\n")
    assert status(answer) == 400
    assert door.asked() == 0


def test_a_head_of_a_mebibyte_is_refused(door: RunningDoor) -> None:
    assert status(door.raw(HEAD + b"X-Long: " + b"a" * MEBIBYTE + b"\r\n\r\n")) == 431
    assert status(door.raw(HEAD + b"X-Many: a\r\n" * 10_000 + b"\r\n")) == 431
    assert door.asked() == 0


def test_a_head_that_never_ends_is_ended(door: RunningDoor) -> None:
    began = time.monotonic()
    with closing(door.connect(15)) as line:
        line.sendall(HEAD[:-10])
        assert until_closed(line) == b""
    assert time.monotonic() - began < 10
