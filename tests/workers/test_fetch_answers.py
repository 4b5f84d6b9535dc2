"""What servers answer instead of a page: statuses, nonsense, broken connections. Always a reason."""

from __future__ import annotations

import socket
from asyncio import StreamReader, StreamWriter
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.values.page import Busy, Failure, Page, Unchanged
from tests.support.fetching import Fetch, code
from tests.support.web import Answer, Request, Web
from workers.answer import MOST_PATIENCE, retry_after

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (201, "http_status"), (202, "http_status"), (204, "http_status"), (206, "http_status"),
        (400, "http_status"),
        (401, "http_status"), (403, "forbidden"), (404, "not_found"), (405, "http_status"), (410, "gone"),
        (418, "http_status"), (429, "rate_limited"), (451, "http_status"), (500, "server_error"),
        (502, "server_error"), (503, "server_error"), (599, "server_error"), (600, "http_status"),
        (999, "http_status"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_page_is_a_failure_whatever_its_body_holds(
    web: Web, fetch: Fetch, status: int, reason: str
) -> None:
    failure = fetch(web.page("/", "<a href='http://blog.example/'>link</a>", status=status))

    assert isinstance(failure, Failure)
    assert (failure.reason.code, failure.reason.details["status"]) == (reason, status)


def test_a_page_out_of_a_proxys_hands_is_a_page(web: Web, fetch: Fetch) -> None:
    page = fetch(web.page("/", "words", status=203))

    assert isinstance(page, Page) and page.status == 203


def test_what_may_pass_by_itself_says_so(web: Web, fetch: Fetch) -> None:
    passing = {429, 500, 503}
    for status in (401, 403, 404, 410, 429, 451, 500, 503):
        failure = fetch(web.page("/", status=status))
        assert isinstance(failure, Failure) and failure.reason.meaning.passes == (status in passing)


def test_a_server_that_recovers_is_read_the_next_time(web: Web, fetch: Fetch) -> None:
    answers = iter([Answer(status=500), Answer(status=500), Answer("words")])

    def answer(_request: Request) -> Answer:
        return next(answers)

    url = web.answers("/", answer)

    assert [code(fetch(url)) for _ in range(3)] == ["server_error", "server_error", "Page"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("7200", MOST_PATIENCE), ("Fri, 31 Dec 9999 23:59:59 GMT", MOST_PATIENCE)],
)
def test_a_server_that_asks_for_patience_gets_an_hour_at_most(
    web: Web, fetch: Fetch, status: int, said: str, seconds: float
) -> None:
    failure = fetch(web.page("/", status=status, headers={"Retry-After": said}))

    assert isinstance(failure, Failure) and failure.retry_after == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0), ("Tue, 24 Nov 2026 12:01:30 GMT", 90), ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("Tuesday, 24-Nov-26 12:01:30 GMT", 90), ("Tue, 24 Nov 2026 12:01:30 -0000", 90),
        ("", None), ("-1", None),
        ("soon", None), ("1e9", None), ("9" * 17, MOST_PATIENCE), ("9" * 400, None), ("\u0661\u0662", None),
        ("Tue, 99 Nov 2026 12:01:30 GMT", None), ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_its_forms(said: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": said}, NOW) == seconds


NOT_HTTP = [
    b"",
    b"\r\n",
    b"abc",
    b"abc\r\n\r\n",
    b"<html>HTTP/0.9</html>",
    b"HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 99 Low\r\n\r\n",
    b"HTTP/1.1 -200 OK\r\n\r\n",
    b"HTTP/1.1 1000 High\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"ICY 200 OK\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"-ERR wrong number of arguments\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5, 50\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
]


@pytest.mark.parametrize("answer", NOT_HTTP)
def test_an_answer_that_is_not_http_is_malformed_and_may_pass(web: Web, fetch: Fetch, answer: bytes) -> None:
    failure = fetch(web.says(answer))

    assert isinstance(failure, Failure)
    assert failure.reason.code == "malformed_answer" and failure.reason.meaning.passes


def test_a_connection_that_is_reset_is_a_failure(web: Web, fetch: Fetch) -> None:
    async def reset(_reader: StreamReader, writer: StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()

    assert code(fetch(web.raw(reset))) == "malformed_answer"
    # Whether the reset comes before or after the connection stands is the kernel's business.
    assert code(fetch(web.greets(reset, host="127.0.0.3"))) in ("malformed_answer", "unreachable")


def test_headers_that_are_no_headers_do_not_hurt(
    web: Web, fetch: Fetch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    fetch(web.says(b"HTTP/1.1 200 OK\r\nno colon here\r\nSet-Cookie: \xff=\xfe; expires=never\r\n: empty\r\n\r\nbody"))

    assert "colon" not in caplog.text and "colon" not in capsys.readouterr().err


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    start=st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/1.0 503 \r\n", b""]),
    names=st.lists(
        st.sampled_from([b"Content-Length", b"Content-Encoding", b"Transfer-Encoding", b"Location",
                         b"Content-Type", b"Retry-After", b"Set-Cookie", b"", b"X"]),
        max_size=4,
    ),
    values=st.lists(
        st.binary(max_size=12) | st.sampled_from([b"gzip", b"deflate", b"chunked", b"3", b"http://[", b"//"]),
        min_size=4, max_size=4,
    ),
    body=st.binary(max_size=60) | st.sampled_from([b"\x1f\x8b\x08", b"3\r\nabc\r\n0\r\n\r\n", b"x\x9c"]),
)  # fmt: skip
def test_no_answer_makes_a_fetch_raise(
    web: Web, fetch: Fetch, start: bytes, names: list[bytes], values: list[bytes], body: bytes
) -> None:
    head = b"".join(name + b": " + value + b"\r\n" for name, value in zip(names, values, strict=False))
    web.says(start + head + b"\r\n" + body)

    assert isinstance(fetch(web.url()), (Page, Unchanged, Failure, Busy))
