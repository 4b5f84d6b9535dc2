"""One safe GET: what an honest server's answer becomes, and what the request looks like."""

from __future__ import annotations

import gzip
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.values.address import parse
from service.values.page import Failure, Limits, Page, Unchanged, Validators
from tests.support.fetching import Fetch, code, fetcher
from tests.support.web import Answer, Request, Web
from workers.answer import Accept
from workers.fetch import Fetcher


def test_a_page_comes_with_its_body_address_and_headers(web: Web, fetch: Fetch) -> None:
    url = web.page("/post", "<p>Débat</p>", headers={"X-Mood": "fine", "ETag": '"1"'})

    page = fetch(url + "?p=1#part")

    assert isinstance(page, Page)
    assert page.body.decode() == "<p>Débat</p>"
    assert page.final.url == page.asked.url == url + "?p=1#part"
    assert (page.content_type, page.charset) == ("text/html", "utf-8")
    assert (page.headers["x-mood"], page.validators.etag, page.status) == ("fine", '"1"', 200)
    assert not page.truncated and page.hops == () and 0 < page.seconds < 5
    assert [request.path for request in web.requests(url)] == ["/post?p=1"]


def test_the_request_says_who_asks_and_for_what(web: Web, fetch: Fetch) -> None:
    url = web.page("/")
    fetch(url)

    [request] = web.requests()
    assert request.method == "GET"
    assert dict(request.headers) == {
        "host": f"127.0.0.2:{web.port}",
        "user-agent": "Reflections/1.2.3 (Webmention; +https://reflections.example/webmention)",
        "accept": "text/html, application/xhtml+xml;q=0.9, application/json;q=0.8, text/plain;q=0.7, */*;q=0.1",
        "accept-encoding": "gzip, deflate",
        "connection": "close",
    }


@pytest.mark.parametrize("target", ["/page?", "//double//slash", "/a;b=c?d=/e?f", "/%7Etilde%2Fslash", "/a|b"])
def test_the_server_is_asked_for_exactly_what_the_address_says(web: Web, fetch: Fetch, target: str) -> None:
    address = parse(web.url(target))
    fetch(address.url)

    assert [request.path for request in web.requests()] == [address.request_target]


def test_an_ipv6_address_is_fetched_by_its_own_name(web: Web, fetch: Fetch) -> None:
    url = web.page("/", "six", host="[::1]")

    page = fetch(url, with_=fetcher("::1/128"))

    assert isinstance(page, Page) and page.body == b"six"
    assert web.requests()[0].headers["host"] == f"[::1]:{web.port}"


def test_a_page_known_already_is_asked_for_with_its_validators(web: Web) -> None:
    def answer(request: Request) -> Answer:
        return Answer("", 304 if request.headers.get("if-none-match") == '"7"' else 200)

    address = parse(web.answers("/", answer))
    known = Validators('"7"', "Wed, 21 Oct 2015 07:28:00 GMT")

    assert isinstance(fetcher().fetch(address, Limits(), known), Unchanged)
    assert web.requests()[0].headers["if-modified-since"] == known.modified
    assert isinstance(fetcher().fetch(address, Limits(), Validators('"8"')), Page)


def test_not_modified_without_being_asked_is_a_failure(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.page("/", status=304))) == "http_status"


def test_cookies_are_never_sent_back(web: Web, fetch: Fetch) -> None:
    usual = fetcher()
    url = web.page("/", headers={"Set-Cookie": "a=b; Path=/"})
    there = web.redirect("/go", url)
    fetch(url, with_=usual)
    fetch(url, with_=usual)
    fetch(there, with_=usual)

    assert all("cookie" not in request.headers for request in web.requests())


def test_a_login_is_not_answered(web: Web, fetch: Fetch) -> None:
    url = web.page("/", status=401, headers={"WWW-Authenticate": 'Basic realm="come in"'})

    failure = fetch(url)

    assert isinstance(failure, Failure)
    assert (failure.reason.code, failure.reason.details["status"]) == ("http_status", 401)
    assert len(web.requests()) == 1


def test_nothing_comes_from_the_environment(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.2 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    proxy = web.url(host="127.0.0.66")
    environment = {"HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc"), "REQUESTS_CA_BUNDLE": "/nowhere"}
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        environment[name] = proxy
    for name, value in environment.items():
        monkeypatch.setitem(os.environ, name, value)

    page = fetcher().fetch(parse(web.page("/")))

    assert isinstance(page, Page)
    assert web.connections("127.0.0.66") == 0
    assert "authorization" not in web.requests()[0].headers


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "deflate", "raw deflate", "identity"])
def test_a_compressed_page_is_read(web: Web, fetch: Fetch, encoding: str) -> None:
    words = b"so many words " * 9999
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "deflate": zlib.compress(words),
        "identity": words,
        "raw deflate": raw.compress(words) + raw.flush(),
    }
    body = packed.get(encoding, gzip.compress(words))
    url = web.page("/", body, headers={"Content-Encoding": encoding.removeprefix("raw ")})

    page = fetch(url)

    assert isinstance(page, Page) and page.body == words and not page.truncated


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "Text/HTML; charset=x",
        "application/xhtml+xml",
        "application/json",
        "application/mf2+json",
        "text/plain",
    ],
)
def test_types_that_may_hold_a_link_are_read(web: Web, fetch: Fetch, kind: str) -> None:
    assert isinstance(fetch(web.page("/", "words", headers={"Content-Type": kind})), Page)


def test_an_answer_without_a_type_is_read(web: Web, fetch: Fetch) -> None:
    page = fetch(web.says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))

    assert isinstance(page, Page) and (page.content_type, page.body) == ("", b"hi")


@pytest.mark.parametrize(
    "kind",
    [
        "image/png",
        "audio/mpeg",
        "video/mp4",
        "application/pdf",
        "text/css",
        "application/atom+xml",
        "text/xml",
        "x",
    ],
)
def test_other_types_are_refused_before_their_body_is_read(web: Web, fetch: Fetch, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 1000000000\r\n\r\n"

    failure = fetch(web.says(head.encode()))

    assert isinstance(failure, Failure)
    assert (failure.reason.code, failure.reason.details["type"]) == ("unsupported_type", kind)


def test_of_several_types_the_last_counts(web: Web, fetch: Fetch) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Type: text/html\r\n\r\nhi"

    page = fetch(web.says(answer))

    assert isinstance(page, Page) and page.content_type == "text/html"


def test_who_wants_pictures_says_so(web: Web) -> None:
    address = parse(web.page("/", b"\x89PNG", headers={"Content-Type": "image/png"}))
    pictures = Accept("image/*", lambda kind: kind.startswith("image/"))

    page = fetcher().fetch(address, accept=pictures)

    assert isinstance(page, Page) and page.body == b"\x89PNG"
    assert web.requests()[0].headers["accept"] == "image/*"


def test_a_body_of_exactly_the_limit_is_whole_and_one_byte_more_is_cut(web: Web, fetch: Fetch) -> None:
    whole = fetch(web.page("/whole", b"x" * 100_000), bytes=100_000)
    more = fetch(web.page("/more", b"x" * 100_001), bytes=100_000)

    assert isinstance(whole, Page) and isinstance(more, Page)
    assert (len(whole.body), whole.truncated) == (100_000, False)
    assert (len(more.body), more.truncated) == (100_000, True)


def test_chunked_bodies_are_joined(web: Web, fetch: Fetch) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n"

    page = fetch(web.says(answer))

    assert isinstance(page, Page) and page.body == b"abcde"


def test_dozens_of_threads_share_one_fetcher(web: Web) -> None:
    usual: Fetcher = fetcher()
    urls = [web.page(f"/{number}", f"page {number}", host=f"127.0.1.{number % 50 + 1}") for number in range(200)]

    with ThreadPoolExecutor(32) as threads:
        pages = list(threads.map(lambda url: usual.fetch(parse(url)), urls))

    assert [page.body.decode() for page in pages if isinstance(page, Page)] == [f"page {n}" for n in range(200)]
