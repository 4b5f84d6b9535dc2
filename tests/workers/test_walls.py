"""Bot walls are told apart from pages without the link; what has the link is no wall, whatever else it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.model import Reflection
from service.values.address import parse
from service.values.page import Failure, Page
from service.values.state import State
from tests.support.fetching import Fetch, code
from tests.support.verifying import Pipeline
from tests.support.web import Web
from workers.reading.wall import wall_of

PAGES = Path(__file__).parent.parent / "data" / "walls"

WALLS = {
    "cloudflare": ("Cloudflare", 403, {"cf-mitigated": "challenge", "Server": "cloudflare"}),
    "anubis": ("Anubis", 200, {}),
    "go-away": ("go-away", 418, {}),
    "ddos-guard": ("DDoS-Guard", 403, {"Server": "ddos-guard"}),
    "sucuri": ("Sucuri", 200, {"Server": "Sucuri/Cloudproxy"}),
    "imperva": ("Imperva", 200, {"X-CDN": "Imperva"}),
    "akamai": ("Akamai", 403, {"Server": "AkamaiGHost"}),
    "human": ("HUMAN", 403, {}),
    "datadome": ("DataDome", 403, {"X-DataDome": "protected"}),
    "aws-waf": ("AWS WAF", 202, {"x-amzn-waf-action": "challenge"}),
    "vercel": ("Vercel", 429, {"x-vercel-mitigated": "challenge"}),
    "siteground": ("SiteGround", 202, {"SG-Captcha": "challenge"}),
    "wordfence": ("Wordfence", 503, {}),
    "kasada": ("Kasada", 429, {}),
    "captcha": ("CAPTCHA", 403, {}),
}
"""Whose each page is, and with what it comes."""

BY_HEADERS = {
    "Cloudflare": (403, {"CF-Mitigated": "challenge"}),
    "AWS WAF": (405, {"x-amzn-waf-action": "captcha"}),
    "Vercel": (403, {"x-vercel-mitigated": "deny"}),
    "SiteGround": (202, {"sg-captcha": "challenge"}),
    "Sucuri": (403, {"X-Sucuri-Block": "BL001"}),
}

ORDINARY = (
    "<title>Just a moment... and other phrases</title><p>What Cloudflare says while we wait.",
    "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><p>A page behind Cloudflare.",
    "<script src='/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3'></script><p>A page behind Imperva.",
    "<script src='https://check.ddos-guard.net/check.js'></script><p>A page behind DDoS-Guard.",
    "<script>window._pxAppId = 'PX1'</script><p>A page that HUMAN watches.",
    "<script src='https://js.datadome.co/tags.js'></script><p>A page that DataDome watches.",
    "<form><div class='cf-turnstile'></div><div class=\"g-recaptcha\"></div></form><p>A page with a form.",
    "<title>Access Denied</title><p>A story. Reference #18.2d351ab8",
)
"""Pages of status 200 that have something of a wall's, and are none."""


def put(web: Web, name: str, more: str = "") -> str:
    _, status, headers = WALLS[name]
    return web.page("/source", (PAGES / f"{name}.html").read_text() + more, status=status, headers=headers)


def test_every_page_here_is_tried() -> None:
    assert {page.stem for page in PAGES.glob("*.html")} == set(WALLS)


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_is_told_apart_from_a_page_without_the_link(sqlite_pipeline: Pipeline, name: str) -> None:
    source = put(sqlite_pipeline.web, name)
    item = sqlite_pipeline.verified(source, sqlite_pipeline.post())
    assert (item.state, item.reason, item.attempts) == (State.RECEIVED, "bot_wall", 1)
    assert (item.reason_details or {})["wall"] == WALLS[name][0]


def test_the_body_alone_tells_a_wall(web: Web, fetch: Fetch) -> None:
    for name, (_, status, _) in WALLS.items():
        if status not in (200, 202):
            url = web.page(f"/{name}", (PAGES / f"{name}.html").read_text(), status=status)
            assert code(fetch(url)) == "bot_wall", name


@pytest.mark.parametrize("wall", BY_HEADERS)
def test_the_head_alone_tells_a_wall(web: Web, fetch: Fetch, wall: str) -> None:
    status, headers = BY_HEADERS[wall]
    found = fetch(web.page("/", "x", status=status, headers=headers))
    assert isinstance(found, Failure)
    assert (found.reason.code, found.reason.details["wall"], found.status) == ("bot_wall", wall, status)


def test_a_wall_whose_page_is_compressed_or_breaks_off_is_still_an_answer(web: Web, fetch: Fetch) -> None:
    odd = {"Content-Encoding": "gzip"}
    assert code(fetch(web.page("/a", "no gzip at all", status=403, headers=odd))) == "forbidden"
    assert code(fetch(web.page("/b", "short", status=403, headers={"Content-Length": "5000"}))) == "forbidden"


@pytest.mark.parametrize("name", WALLS)
def test_a_page_with_the_link_verifies_whatever_stands_round_it(sqlite_pipeline: Pipeline, name: str) -> None:
    target = sqlite_pipeline.post()
    body = (PAGES / f"{name}.html").read_text() + f"<p><a href='{target}'>a post</a>"
    item = sqlite_pipeline.verified(sqlite_pipeline.web.page("/source", body), target)
    assert item.state is State.PENDING


def test_ordinary_pages_behind_a_maker_of_walls_are_no_walls(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    for number, body in enumerate(ORDINARY):
        source = sqlite_pipeline.web.page(f"/{number}", body, headers={"X-DataDome": "protected"})
        assert sqlite_pipeline.verified(source, target).reason == "no_link", body


def test_a_page_that_is_not_there_is_missing_whatever_its_words(web: Web, fetch: Fetch) -> None:
    words = (PAGES / "captcha.html").read_text()
    assert [code(fetch(web.page(f"/{status}", words, status=status))) for status in (404, 410)] == ["not_found", "gone"]


def test_a_refusal_without_a_challenge_is_said_to_be_one(web: Web, fetch: Fetch) -> None:
    assert code(fetch(web.page("/", "<h1>Forbidden</h1>", status=403))) == "forbidden"


def test_a_wall_takes_nothing_down(pipeline: Pipeline) -> None:
    target = pipeline.post()
    source = pipeline.web.page("/source", f"<a href='{target}'>x</a>")
    item = pipeline.verified(source, target)
    pipeline.change(item.id, state=State.APPROVED, shown=1, decided=1)
    put(pipeline.web, "cloudflare")
    for attempt in range(1, 5):
        again = pipeline.verified(source, target) if attempt == 1 else _next(pipeline, item.id)
        assert (again.state, again.reason, again.attempts) == (State.APPROVED, "bot_wall", attempt)
    assert _next(pipeline, item.id).state is State.APPROVED


def test_each_attempt_at_a_wall_is_kept_until_it_fails(pipeline: Pipeline) -> None:
    source = put(pipeline.web, "anubis")
    item = pipeline.verified(source, pipeline.post())
    while item.state is State.RECEIVED:
        item = _next(pipeline, item.id)
    assert (item.state, item.reason, item.due_at) == (State.FAILED, "bot_wall", None)
    visits = [(event.details or {})["visit"] for event in pipeline.events(item.id)]
    assert len(visits) == len(pipeline.web.requests(source)) == 5
    assert {visit["status"] for visit in visits} == {200}
    assert {visit["final"] for visit in visits} == {source}
    assert all(visit["seconds"] >= 0 for visit in visits)


def test_a_visit_that_finds_the_link_is_an_attempt_too(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    page = sqlite_pipeline.web.page("/page", f"<a href='{target}'>x</a>")
    item = sqlite_pipeline.verified(sqlite_pipeline.web.redirect("/source", page), target)
    (event,) = sqlite_pipeline.events(item.id)
    visit = (event.details or {})["visit"]
    assert (visit["status"], visit["final"]) == (200, page)


def test_walls_are_looked_for_in_what_the_fetch_may_cost() -> None:
    at = parse("https://blog.example/")
    hostile = (b"<title>Access Denied</title>" * 3_000, b"/.well-known/." * 6_000, b"?" * 90_000, b"\0" * 300_000)
    began = datetime.now(UTC)
    assert [wall_of(Page(at, at, {}, body)) for body in hostile] == [None] * 4
    assert (datetime.now(UTC) - began).total_seconds() < 2


def _next(pipeline: Pipeline, item: int) -> Reflection:
    """What the next attempt comes to, once it is time."""
    pipeline.change(item, due_at=datetime.now(UTC))
    pipeline.run()
    return pipeline.item(item)
