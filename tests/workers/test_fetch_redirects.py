"""Redirects: followed, counted, and each hop a request of its own."""

from __future__ import annotations

import pytest

from service.values.address import parse
from service.values.page import Failure, Page, Validators
from tests.support.certificates import Authority
from tests.support.fetching import Fetch, code, fetcher
from tests.support.web import Answer, Request, Web


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed_to_another_host(web: Web, fetch: Fetch, status: int) -> None:
    there = web.page("/there", "arrived", host="127.0.0.3")
    here = web.redirect("/here", there, status=status)

    page = fetch(here)

    assert isinstance(page, Page)
    assert (page.body, page.asked.url, page.final.url) == (b"arrived", here, there)
    assert [(hop.url, hop.status, hop.location) for hop in page.hops] == [(here, status, there)]
    assert page.moved == (status in (301, 308))


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("next", "/a/next"), ("/next", "/next"), ("../next", "/next"), ("?q=1", "/a/b?q=1"),
        ("//127.0.0.2:{port}/x", "/x"), ("/caf\u00e9", "/caf%C3%A9"), ("/a b", "/a%20b"),
        ("\\\\127.0.0.2:{port}\\y", "/y"),
    ],
)  # fmt: skip
def test_a_location_may_be_relative_and_untidy(web: Web, fetch: Fetch, location: str, path: str) -> None:
    def answer(request: Request) -> Answer:
        if request.path == "/a/b":
            return Answer(status=302, headers={"Location": location.format(port=web.port)})
        return Answer(request.path)

    url = web.answers("/a/b", answer)
    web.answers(path.partition("?")[0], answer)

    page = fetch(url)

    assert isinstance(page, Page) and page.body.decode() == path


def test_the_fragment_goes_along_unless_the_redirect_has_its_own(web: Web, fetch: Fetch) -> None:
    there = web.page("/there")
    plain = fetch(web.redirect("/plain", there) + "#part")
    own = fetch(web.redirect("/own", there + "#own") + "#part")

    assert isinstance(plain, Page) and plain.final.fragment == "part"
    assert isinstance(own, Page) and own.final.fragment == "own"


def test_as_many_redirects_as_allowed_are_followed_and_not_one_more(web: Web, fetch: Fetch) -> None:
    for number in range(25):
        web.redirect(f"/{number}", f"/{number + 1}")
    web.page("/5", "five")

    page = fetch(web.url("/0"))
    assert isinstance(page, Page) and len(page.hops) == 5

    web.redirect("/5", "/6")
    before = len(web.requests())
    assert code(fetch(web.url("/0"))) == "too_many_redirects"
    assert len(web.requests()) - before == 6


def test_a_redirect_to_itself_and_a_ping_pong_end_at_once(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.redirect("/self", "/self#again"))) == "too_many_redirects"
    assert len(web.requests()) == 1
    web.redirect("/pong", web.url("/ping"), host="127.0.0.3")
    assert code(fetch(web.redirect("/ping", web.url("/pong", "127.0.0.3")))) == "too_many_redirects"
    assert len(web.requests()) == 3


def test_an_address_that_grows_with_each_redirect_ends_after_six_requests(web: Web, fetch: Fetch) -> None:
    def grow(request: Request) -> Answer:
        return Answer(status=302, headers={"Location": request.path + "x" * 2000})

    assert code(fetch(web.answers("/", grow) + "?q=x")) in ("refused_redirect", "too_many_redirects")
    assert len(web.requests()) <= 6


def test_a_location_of_ten_thousand_characters_is_refused(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.redirect("/", "/?" + "x" * 10_000))) == "refused_redirect"


@pytest.mark.parametrize("status", [300, 301, 302, 304, 305, 306])
def test_a_redirect_to_nowhere_is_a_failure_with_its_status(web: Web, fetch: Fetch, status: int) -> None:
    failure = fetch(web.page("/", status=status))

    assert isinstance(failure, Failure)
    assert (failure.reason.code, failure.reason.details["status"]) == ("http_status", status)


def test_a_redirect_to_two_places_is_refused(web: Web, fetch: Fetch) -> None:
    url = web.says(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")

    assert code(fetch(url)) == "refused_redirect"


def test_the_body_of_a_redirect_is_not_read(web: Web, fetch: Fetch) -> None:
    there = web.page("/there", "arrived", host="127.0.0.3")
    head = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 1000000000\r\n\r\n"

    assert isinstance(fetch(web.says(head.encode())), Page)


def test_no_header_of_ours_is_carried_to_the_next_host(web: Web) -> None:
    there = web.page("/there", host="127.0.0.3", headers={"ETag": '"1"'})
    here = web.redirect("/here", there)

    fetcher().fetch(parse(here), since=Validators('"1"', "Wed, 21 Oct 2015 07:28:00 GMT"))

    first, second = web.requests()
    assert first.headers["if-none-match"] == '"1"'
    assert set(first.headers) - set(second.headers) == {"if-none-match", "if-modified-since"}
    assert "referer" not in second.headers and second.headers["host"] == f"127.0.0.3:{web.port}"


def test_a_redirect_from_https_to_http_is_followed_and_noted(web: Web, authority: Authority) -> None:
    port = web.secure(authority.server("127.0.0.2"))
    web.redirect("/here", web.page("/there", "plain"))

    page = fetcher(trusted=authority.file).fetch(parse(web.url("/here", port=port, scheme="https")))

    assert isinstance(page, Page) and page.downgraded and page.body == b"plain"


def test_the_deadline_is_the_whole_chains(web: Web, fetch: Fetch) -> None:
    for number in range(5):
        web.page(f"/{number}", status=302, headers={"Location": f"/{number + 1}"}, delay=0.3)
    web.page("/5", "late")

    failure = fetch(web.url("/0"), seconds=0.8)

    assert isinstance(failure, Failure)
    assert failure.reason.code == "timeout" and failure.seconds < 1.5
    assert len(web.requests()) <= 3
