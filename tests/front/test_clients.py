"""Whose request it is, and what he calls us: only as far as it can be believed."""

from __future__ import annotations

import pytest

from tests.support.door import BASE_URL, Doors, RunningDoor

FORGED = {"X_Forwarded_For": "203.0.113.7", "Forwarded": "for=203.0.113.7", "X_Real_IP": "203.0.113.7"}


def test_forged_forwarding_headers_are_ignored(door: RunningDoor) -> None:
    assert door.ask("GET", "/echo", **FORGED).json["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "127.0.0.1"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "<script>", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, ", ".join(["198.51.100.1"] * 20 + ["203.0.113.7"]), "203.0.113.7"),
    ],
)
def test_so_many_proxies_are_believed_and_no_more(doors: Doors, proxies: int, forwarded: str, client: str) -> None:
    assert doors.open(proxies).ask("GET", "/echo", X_Forwarded_For=forwarded).json["REMOTE_ADDR"] == client


def test_two_forwarding_headers_are_one_list(doors: Doors) -> None:
    said = b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n"
    answer = doors.open(1).raw(b"GET /echo HTTP/1.1\r\nHost: a\r\n" + said + b"\r\n")
    assert b'"REMOTE_ADDR": "203.0.113.7"' in answer


def test_what_a_client_calls_us_reaches_no_link(door: RunningDoor) -> None:
    for target in ("/echo", "http://evil.test/echo"):
        said = door.ask("GET", target, Host="evil.test", X_Forwarded_Host="evil.test", X_Forwarded_Proto="gopher")
        scheme, host = BASE_URL.split("://")
        assert said.json["HTTP_HOST"] + said.json["SCRIPT_NAME"] == host
        assert said.json["wsgi.url_scheme"] == scheme


def test_a_path_under_our_own_is_taken_with_and_without_it(door: RunningDoor) -> None:
    for target in ("/echo/caf%C3%A9?q=%FF", "/talk/echo/caf%C3%A9?q=%FF"):
        said = door.ask("GET", target).json
        assert said["PATH_INFO"].encode("latin-1").decode() == "/echo/café"
        assert said["QUERY_STRING"] == "q=%FF"
    assert door.ask("GET", "/talker").json["PATH_INFO"] == "/talker"


def test_a_header_with_an_underscore_is_never_taken_for_one_with_a_hyphen(door: RunningDoor) -> None:
    said = b"X_Forwarded_For: 203.0.113.7\r\nContent_Length: 9\r\nAUTHORIZATION_: x\r\nProxy: http://evil.test\r\n"
    answer = door.raw(b"GET /echo HTTP/1.1\r\nHost: a\r\n" + said + b"Connection: close\r\n\r\n")
    assert b"203.0.113.7" not in answer
    assert b'"CONTENT_LENGTH": "0"' in answer
    assert b"AUTHORIZATION_" not in answer
    assert b"HTTP_PROXY" not in answer


def test_repeated_headers_reach_the_application_as_one(door: RunningDoor) -> None:
    said = b"Accept: a\r\nAccept: b\r\nCookie: c=1\r\nCookie: d=2\r\nConnection: close\r\n"
    answer = door.raw(b"GET /echo HTTP/1.1\r\nHost: a\r\n" + said + b"\r\n")
    assert b'"HTTP_ACCEPT": "a,b"' in answer
    assert b'"HTTP_COOKIE": "c=1; d=2"' in answer


def test_every_cookie_of_an_answer_arrives(door: RunningDoor) -> None:
    assert door.ask("GET", "/cookies").headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_failing_application_is_one_sentence(door: RunningDoor) -> None:
    answer = door.ask("GET", "/boom")
    assert (answer.status, answer.body) == (500, b"Something went wrong here.\n")


def test_answers_come_in_the_order_of_the_questions(door: RunningDoor) -> None:
    asked = b"".join(
        b"POST /echo?%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n%s\r\n%d"
        % (number, b"Connection: close\r\n" if number == 5 else b"", number)
        for number in range(6)
    )
    answer = door.raw(asked)
    assert [answer.index(b'"body": "%d"' % number) for number in range(6)] == sorted(
        answer.index(b'"body": "%d"' % number) for number in range(6)
    )
