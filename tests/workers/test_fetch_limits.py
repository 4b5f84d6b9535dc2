"""What a server may cost: seconds, bytes, memory. Deadlines are asserted with room for a busy machine."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import resource
import threading
import time
import zlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from pathlib import Path

import pytest

from service.values.address import parse
from service.values.page import Failure, Limits, Page
from tests.support.certificates import Authority
from tests.support.fetching import Fetch, code, fetcher
from tests.support.nameserver import NameServer
from tests.support.web import Raw, Web

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ZERO = bytes(64 * 1024)


def dripping(first: bytes, drip: bytes) -> Raw:
    """Says the first words at once, and then a drip ten times a second, for ever."""

    async def handler(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(drip)
            await writer.drain()
            await asyncio.sleep(0.1)

    return handler


def endless(first: bytes, block: bytes) -> Raw:
    """Says the first words and then the same block as fast as it is taken, for ever."""

    async def handler(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(block)
            await writer.drain()

    return handler


async def silence(reader: StreamReader, _writer: StreamWriter) -> None:
    await reader.read()


def ends_at_the_deadline(failure: object, seconds: float) -> bool:
    return isinstance(failure, Failure) and failure.reason.code == "timeout" and failure.seconds < seconds + 5


DRIPS = {
    "first word": (b"", b"H"),
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "header": (OK, b"X"),
    "headers": (OK, b"X: y\r\n"),
    "body": (OK + b"Content-Length: 1000\r\n\r\n", b"a"),
    "body to the end": (OK + b"\r\n", b"a"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "chunk size": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "empty gzip members": (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize(("first", "drip"), DRIPS.values(), ids=DRIPS)
def test_a_server_that_drips_is_ended_at_the_deadline(web: Web, fetch: Fetch, first: bytes, drip: bytes) -> None:
    assert ends_at_the_deadline(fetch(web.raw(dripping(first, drip)), seconds=0.5), 0.5)


def test_a_server_that_says_nothing_is_ended_at_the_deadline(web: Web, fetch: Fetch) -> None:
    assert ends_at_the_deadline(fetch(web.greets(silence), seconds=0.5), 0.5)


@pytest.mark.parametrize("greeting", [silence, dripping(b"", b"\x16\x03\x03\x40\x00" + ZERO[:3])])
def test_a_start_of_tls_that_drips_is_ended_at_the_deadline(web: Web, greeting: Raw) -> None:
    url = web.greets(greeting).replace("http:", "https:")
    began = time.monotonic()

    found = fetcher().fetch(parse(url), Limits(seconds=0.5))

    assert code(found) in ("timeout", "tls") and time.monotonic() - began < 5


def test_a_body_that_drips_within_tls_is_ended_at_the_deadline(web: Web, authority: Authority) -> None:
    port = web.secure(authority.server("127.0.0.2"))
    web.raw(dripping(OK + b"\r\n", b"a"))
    address = parse(web.url(port=port, scheme="https"))

    assert ends_at_the_deadline(fetcher(trusted=authority.file).fetch(address, Limits(seconds=0.7)), 0.7)


def test_a_name_server_that_never_answers_counts_in_the_deadline(nameserver: NameServer) -> None:
    address = parse(f"http://{nameserver.silent('slow.example')}/")

    assert ends_at_the_deadline(fetcher(nameserver=nameserver).fetch(address, Limits(seconds=0.5)), 0.5)


ENDLESS = {
    "status line": (b"HTTP/1.1 200 ", ZERO.replace(b"\0", b"x")),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "headers": (OK, b"X: y\r\n" * 1000),
    "one header": (OK + b"X: ", ZERO.replace(b"\0", b"x")),
    "chunk size": (OK + b"Transfer-Encoding: chunked\r\n\r\n1", ZERO.replace(b"\0", b"1")),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 1000),
}


@pytest.mark.parametrize(("first", "block"), ENDLESS.values(), ids=ENDLESS)
def test_what_surrounds_a_body_may_not_be_endless(web: Web, fetch: Fetch, first: bytes, block: bytes) -> None:
    found = fetch(web.raw(endless(first, block)), seconds=20)

    assert code(found) == "malformed_answer" or (isinstance(found, Page) and found.body == b"" and found.truncated)
    assert found.seconds < 10


@pytest.mark.parametrize("count", [101, 10_000])
def test_an_answer_with_too_many_headers_is_refused(web: Web, fetch: Fetch, count: int) -> None:
    assert code(fetch(web.says(OK + b"X: y\r\n" * count + b"\r\nbody"))) == "malformed_answer"


@pytest.mark.parametrize(
    "head", [b"", b"Content-Length: 10737418240\r\n", b"Transfer-Encoding: chunked\r\n"],
    ids=["no length", "10 GiB", "chunked"],
)  # fmt: skip
def test_an_endless_body_is_cut_at_the_limit(web: Web, fetch: Fetch, head: bytes) -> None:
    block = b"10000\r\n" + ZERO + b"\r\n" if b"chunked" in head else ZERO

    page = fetch(web.raw(endless(OK + head + b"\r\n", block)), seconds=20)

    assert isinstance(page, Page)
    assert (len(page.body), page.truncated) == (2 * 1024 * 1024, True)


def test_a_body_in_chunks_of_one_byte_is_cut_by_what_it_takes_on_the_way(web: Web, fetch: Fetch) -> None:
    first = OK + b"Transfer-Encoding: chunked\r\n\r\n"

    page = fetch(web.raw(endless(first, b"1\r\na\r\n" * 10_000)), seconds=30, bytes=100_000)

    assert isinstance(page, Page)
    assert page.truncated and len(page.body) <= 100_000


def bomb(wbits: int) -> Callable[[], bytes]:
    """A gibibyte of zeros, behind a first word, compressed to one megabyte."""

    def packed() -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
        first = packer.compress(b"<a href='http://blog.example/'>first</a>") + packer.flush(zlib.Z_FULL_FLUSH)
        zeros = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        return first + zeros * 1024 + packer.flush()

    return packed


@pytest.mark.parametrize(("encoding", "make"), [("gzip", bomb(31)), ("deflate", bomb(15)), ("deflate", bomb(-15))])
def test_a_bomb_costs_two_mebibytes_and_what_stands_before_it_is_read(
    web: Web, fetch: Fetch, encoding: str, make: Callable[[], bytes]
) -> None:
    url = web.page("/", make(), headers={"Content-Encoding": encoding})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    page = fetch(url, seconds=10)

    assert isinstance(page, Page) and page.truncated and len(page.body) == 2 * 1024 * 1024
    assert page.body.startswith(b"<a href=") and page.seconds < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_hundred_thousand_empty_gzip_members_are_no_work(web: Web, fetch: Fetch) -> None:
    url = web.page("/", gzip.compress(b"") * 100_000, headers={"Content-Encoding": "gzip"})

    found = fetch(url, seconds=10)

    assert isinstance(found, (Page, Failure)) and found.seconds < 10


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", ", ".join(["gzip"] * 200), "br", "zstd", "compress", "gzip, br", "aes128gcm"]
)
def test_encodings_that_nobody_asked_for_are_refused(web: Web, fetch: Fetch, encoding: str) -> None:
    url = web.page("/", gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": encoding})

    assert code(fetch(url)) == "refused_encoding"


def test_encodings_in_two_hundred_headers_are_refused(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.says(OK + b"Content-Encoding: gzip\r\n" * 90 + b"\r\n"))) == "refused_encoding"


def test_a_page_that_says_gzip_and_is_plain_is_refused(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.page("/", "plain words", headers={"Content-Encoding": "gzip"}))) == "refused_encoding"


def test_of_a_gzip_that_is_cut_what_is_there_is_read(web: Web, fetch: Fetch) -> None:
    words = "".join(str(number) for number in range(100_000)).encode()

    page = fetch(web.page("/", gzip.compress(words)[:-5000], headers={"Content-Encoding": "gzip"}))

    assert isinstance(page, Page) and words.startswith(page.body) and len(page.body) > 100_000


def test_a_worker_that_stops_does_not_follow_redirects(web: Web) -> None:
    stop = threading.Event()
    stop.set()

    assert code(fetcher(stop=stop).fetch(parse(web.redirect("/", "/there")))) == "Busy"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_connection_stays_open(web: Web, fetch: Fetch) -> None:
    answers = itertools.cycle([OK + b"\r\nwords", OK + b"Content-Length: 99\r\n\r\ncut", b"junk\r\n\r\n", b""])

    async def some(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(next(answers))

    url = web.raw(some)
    before = open_files()
    kept = [fetch(url) for _ in range(40)]
    kept.append(fetch(web.raw(dripping(OK, b"X"), host="127.0.0.3"), seconds=0.2))

    # The server's ends are this process's too, and may close a moment later.
    assert open_files() - before <= 2
