"""The nginx that we ship, started with that very configuration before ``reflections web``."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.support import production as parts
from tests.support.service import KnownSite, WholeRun, ask
from tests.support.waiting import free_port, until
from tests.support.web import Answer, Request, Web


@dataclass(frozen=True)
class Told:
    """An approved item's site, thread and number."""

    site: KnownSite
    thread: str
    id: str
    seen: int


@pytest.fixture(scope="module")
def blogs() -> Iterator[Web]:
    """A web that stands as long as what was told is looked at."""
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def told(production: WholeRun, blogs: Web) -> Told:
    """A webmention that was approved; who takes it down puts it up again."""
    target = blogs.page("/post", "<title>A post</title>", host="127.0.0.2")
    source = blogs.page("/source", f'<title>Yes</title><p>As <a href="{target}">they</a> say.</p>', host="127.0.0.3")
    site = production.add_site(blogs.url("/", "127.0.0.2"))
    assert production.webmention(source, target).status == 201
    (item,) = until(lambda: production.items(site, state="pending"), 30, "it was not verified")
    item = decide(production, site, item["id"], "pending", "approved", item["latest"])
    return Told(site, f"/api/v1/thread?url={quote(target, safe='')}", item["id"], item["latest"])


def decide(run: WholeRun, site: KnownSite, item: str, came_from: str, state: str, seen: int) -> dict:
    body = json.dumps({"state": state, "from": came_from, "seen": seen}).encode()
    headers = site.bearer | {"Content-Type": "application/json"}
    answer = run.ask(f"/api/v1/reflections/{item}", body, "PATCH", headers)
    assert answer.status == 200, answer.text
    return answer.json


def test_what_is_taken_down_is_gone_within_two_seconds(production: WholeRun, told: Told) -> None:
    until(lambda: production.ask(told.thread).json["total"] == 1, 5, "what was approved does not show")
    decide(production, told.site, told.id, "approved", "rejected", told.seen)
    began = time.monotonic()
    until(lambda: production.ask(told.thread).json["total"] == 0, 10, "what was taken down still shows")
    assert time.monotonic() - began < 2.5
    decide(production, told.site, told.id, "rejected", "approved", told.seen)


def test_public_answers_come_compressed_by_us(production: WholeRun, told: Told) -> None:
    until(lambda: production.ask(told.thread).json["total"] == 1, 5, "what was approved does not show")
    plain = production.ask(told.thread, headers={"Accept-Encoding": "identity"})
    packed = production.ask(told.thread, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in {name.lower() for name in plain.headers}
    assert {name.lower(): value for name, value in packed.headers.items()}["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body)
    unchanged = production.ask(told.thread, headers={"If-None-Match": header(plain.headers, "etag")})
    assert unchanged.status == 304


def header(headers: dict[str, str], name: str) -> str:
    return next(value for known, value in headers.items() if known.lower() == name)


def test_metrics_are_refused(production: WholeRun) -> None:
    for path in ("/metrics", "/metrics?x", "//metrics", "/%6Detrics"):
        assert production.ask(path).status in (403, 404), path


def test_a_body_that_is_too_large_is_refused_in_one_sentence(production: WholeRun) -> None:
    by_us = production.ask("/webmention", b"x" * (2 * 1024 * 1024))
    assert (by_us.status, by_us.text) == (413, "The body is larger than 1048576 bytes.\n")
    by_nginx = production.ask("/webmention", b"x" * (5 * 1024 * 1024))
    assert (by_nginx.status, by_nginx.text) == (413, "The request is too large.\n")


def test_the_client_is_who_calls_nginx_whatever_he_says(production: WholeRun, web: Web) -> None:
    """The limits count by address: a client can't get a new one by naming it, and no other client pays for him."""
    target = web.page("/post", "<title>A post</title>", host="127.0.0.4")
    production.add_site(web.url("/", "127.0.0.4"))
    port = int(production.url.rpartition(":")[2])

    def send(client: str, number: int) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(client, 0))) as line:
            form = urlencode({"source": web.url(f"/{number}", "127.0.0.5"), "target": target})
            headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": f"192.0.2.{number}"}
            line.request("POST", "/webmention", form, headers)
            return line.getresponse().status

    assert [send("127.0.0.77", number) for number in range(21)] == [201] * 20 + [429]
    assert send("127.0.0.78", 99) == 201


@pytest.fixture
def dying(production: WholeRun, tmp_path: Path) -> Iterator[tuple[WholeRun, str]]:
    """A web of its own that may die, and the nginx before it."""
    behind, before = free_port(), free_port()
    with (
        parts.web(behind, tmp_path / "log", production.environ) as run,
        parts.nginx(before, behind, tmp_path / "n") as url,
    ):
        yield run, url


def test_readers_have_the_last_thread_while_the_service_is_away(dying: tuple[WholeRun, str], told: Told) -> None:
    run, url = dying
    before = ask(url + told.thread)
    assert (before.status, before.json["total"]) == (200, 1)
    run.process.kill()
    run.process.wait()
    until(lambda: ask(url + "/healthz").status == 503, 10, "the service lives on")
    assert ask(url + told.thread).body == before.body
    refused = ask(
        url + "/webmention", urlencode({"source": "https://a.example/", "target": "https://b.example/"}).encode()
    )
    assert (refused.status, header(refused.headers, "retry-after")) == (503, "5")
    assert refused.text == "The service is away just now; try again in a moment.\n"


FRESH = {"Cache-Control": "public, max-age=10, s-maxage=1, stale-if-error=86400", "Vary": "Accept-Encoding"}


@pytest.fixture
def before(web: Web, tmp_path: Path) -> Iterator[str]:
    """An nginx before a host that answers as the test says."""
    port = int(web.url(host="127.0.0.1").rpartition(":")[2].rstrip("/"))
    with parts.nginx(free_port(), port, tmp_path / "nginx") as url:
        yield url


@pytest.mark.parametrize(("status", "given"), [(503, 503), (404, 404), (500, 200)])
def test_only_a_failure_brings_back_what_was_kept(web: Web, before: str, status: int, given: int) -> None:
    """A 503 is said by a service that knows better, but is asked too much: what was taken down must not come back."""
    url = web.url("/thread", "127.0.0.1")

    def answer(_request: Request) -> Answer:
        first = len(web.requests(url)) == 1
        return (
            Answer("as it was", headers=FRESH) if first else Answer("as it is", status, {"Cache-Control": "no-store"})
        )

    web.answers("/thread", answer, host="127.0.0.1")
    assert ask(before + "/thread").text == "as it was"
    until(lambda: ask(before + "/thread") and len(web.requests(url)) > 1, 10, "it is not asked again")
    told = ask(before + "/thread")
    assert (told.status, told.text) == (given, "as it was" if given == 200 else "as it is")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip,deflate,br,zstd", "br"),
        ("BR", "br"),
        ("gzip", "gzip"),
        ("deflate, gzip, br;q=0", "gzip"),
        ("brotli", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_an_answer_is_kept_once_for_each_coding(web: Web, before: str, accepted: str, coding: str) -> None:
    """However browsers put it; and nobody is given a coding that he does not take."""

    def answer(request: Request) -> Answer:
        coding = request.headers.get("accept-encoding", "none")
        return Answer(f"in {coding}", headers=FRESH | {"Cache-Control": "s-maxage=60"})

    web.answers("/thread", answer, host="127.0.0.1")
    same = {"br": "br", "gzip": "gzip", "": "identity"}
    for name in same.values():
        assert ask(before + "/thread", headers={"Accept-Encoding": name}).text == f"in {name}".replace(
            "identity", "none"
        )
    given = ask(before + "/thread", headers={"Accept-Encoding": accepted})
    assert given.text == f"in {coding or 'none'}"
    assert header(given.headers, "vary") == "Accept-Encoding"
    assert len(web.requests(web.url("/thread", "127.0.0.1"))) == len(same)
