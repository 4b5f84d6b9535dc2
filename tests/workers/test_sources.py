"""A claim goes the whole way: what a source has to be for its item to wait for a person, and what it fails with."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest

from service.model import Reflection
from service.values.state import State
from tests.support.desk import Dashboard
from tests.support.threads import KnownItem
from tests.support.verifying import OURS, Pipeline
from tests.support.web import Answer, Request

LINKS = [
    "<a href='{t}'>x</a>",
    "<a href='{t}' rel='nofollow ugc sponsored'>x</a>",
    "<img src='{t}'>",
    "<video src='{t}'></video>",
    "<audio src='{t}'></audio>",
    "<video><source src='{t}'></video>",
    "<video><track src='{t}'></video>",
    "<map><area href='{t}'></map>",
    "<iframe src='{t}'></iframe>",
    "<embed src='{t}'>",
    "<object data='{t}'></object>",
    "<blockquote cite='{t}'>x</blockquote>",
    "<q cite='{t}'>x</q>",
    "<link class='u-in-reply-to' href='{t}'>",
    "<noscript><a href='{t}'>x</a></noscript>",
    "<a href='//127.0.0.9:{port}/post'>x</a>",
    "<base href='http://127.0.0.9:{port}/x/'><a href='../post'>x</a>",
    "<a href='{t}#part'>x</a>",
]

NO_LINKS = [
    "nothing",
    "{t}",
    "<!-- <a href='{t}'>x</a> -->",
    "<script>'<a href=\"{t}\">'</script>",
    "<style><a href='{t}'>x</a></style>",
    "<template><a href='{t}'>x</a></template>",
    "<textarea><a href='{t}'>x</a></textarea>",
    "<title><a href='{t}'>x</a></title>",
    "<svg><![CDATA[<a href='{t}'>x</a>]]></svg>",
    "<p title=\"<a href='{t}'>\">x",
    "&lt;a href='{t}'>x&lt;/a>",
    "<a href='{t}-2'>x</a>",
    "<a href='{t}?x=1'>x</a>",
    "<a href='{t}/'>x</a>",
    "<a href='https://127.0.0.9:{port}/post'>x</a>",
    "<a href='http://evil.example/?{t}'>x</a>",
    "<link rel=canonical href='{t}'>",
    "<meta content='{t}'>",
    "<form action='{t}'></form>",
    "<script src='{t}'></script>",
    "<data value='{t}'></data>",
]


def fill(markup: str, pipeline: Pipeline, target: str) -> str:
    return markup.replace("{t}", target).replace("{port}", str(pipeline.web.port))


def seen(pipeline: Pipeline, body: str | bytes, **answer: object) -> Reflection:
    """What becomes of a page with this body, ``{t}`` the post's address."""
    target = pipeline.post()
    content = fill(body, pipeline, target) if isinstance(body, str) else body.replace(b"{t}", target.encode())
    return pipeline.verified(pipeline.web.page("/source", content, **answer), target)  # type: ignore[arg-type]


def verdict(item: Reflection) -> tuple[State, str | None]:
    return item.state, item.reason


def test_every_element_that_links_makes_a_source(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    sources = [
        sqlite_pipeline.web.page(f"/{number}", fill(markup, sqlite_pipeline, target))
        for number, markup in enumerate(LINKS)
    ]
    for source in sources:
        sqlite_pipeline.claim(source, target)
    sqlite_pipeline.run()
    verdicts = dict(zip(LINKS, map(verdict, sqlite_pipeline.items()), strict=True))
    assert verdicts == dict.fromkeys(LINKS, (State.PENDING, None))


def test_what_only_looks_like_a_link_is_no_link(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    for number, markup in enumerate(NO_LINKS):
        source = sqlite_pipeline.web.page(f"/{number}", fill(markup, sqlite_pipeline, target))
        sqlite_pipeline.claim(source, target)
    sqlite_pipeline.run()
    verdicts = dict(zip(NO_LINKS, map(verdict, sqlite_pipeline.items()), strict=True))
    assert verdicts == dict.fromkeys(NO_LINKS, (State.FAILED, "no_link"))


def test_a_verified_item_waits_for_a_person_with_what_was_seen(pipeline: Pipeline) -> None:
    item = seen(
        pipeline,
        "<html lang=fr><title>Une réponse</title><article class=h-entry><h1 class=p-name>Réponse</h1>"
        "<a class='p-author h-card' href='http://127.0.0.2/ada'>Ada</a><div class=e-content>J'ai lu "
        "<a class=u-in-reply-to rel=nofollow href='{t}'>ce débat</a>, bravo.</div></article>",
    )
    assert verdict(item) == (State.PENDING, None)
    assert (item.latest, item.shown, item.decided, item.due_at, item.lease, item.leased_until) == (1, *[None] * 5)
    [revision] = item.revisions
    assert (revision.title, revision.author_name, revision.relation) == ("Réponse", "Ada", "reply")
    assert "ce débat" in revision.html and revision.made_by == "source"
    evidence = pipeline.evidence(item)
    assert (evidence.status, evidence.language, evidence.links_on_page) == (200, "fr", 1)
    assert evidence.when is not None and evidence.seconds > 0 and evidence.digest and "ce débat" in evidence.snapshot
    link = evidence.links[0]
    assert (link.element, link.text, link.before, link.after) == ("a", "ce débat", "J'ai lu ", ", bravo.")
    assert link.rel == ("nofollow",)
    [event] = pipeline.events(item.id)
    assert (event.by, event.came_from, event.went_to) == ("worker", State.RECEIVED, State.PENDING)


def test_a_moderator_is_shown_the_words_that_readers_get(pipeline: Pipeline, dashboard: Dashboard) -> None:
    target = pipeline.post()
    nice, bad = "Thank you for this thoughtful post.", "BUY PILLS HERE"
    properties = {"in-reply-to": [target], "content": [{"html": f"<p>{bad}</p>", "value": nice}]}
    body = json.dumps({"type": ["h-entry"], "properties": properties})
    source = pipeline.web.page("/nice.json", body, headers={"Content-Type": "application/json"})
    item = pipeline.verified(source, target)
    card = dashboard.page().select_one(f"#item-{item.uid}")
    assert card is not None and bad in card.text and nice not in card.text
    dashboard.press_on(KnownItem(item.id, item.uid), "Approve")
    shown = dashboard.client.get("/embed", query_string={"url": target}).text
    assert bad in shown and nice not in shown


def test_all_that_an_entry_brings_is_kept(pipeline: Pipeline) -> None:
    entry = (
        "<div class=h-entry><p class=e-content><a href='{t}'>x</a></p>"
        "<time class=dt-updated datetime=2026-05-01></time>"
        "<img class=u-photo src=/p.jpg><a class=u-syndication href=https://social.example/1></a><i class=p-category>é"
    )
    [revision] = seen(pipeline, entry).revisions
    assert revision.updated == "2026-05-01" and revision.photos == [pipeline.web.url("/p.jpg")]
    assert (revision.syndication, revision.categories) == (["https://social.example/1"], ["é"])


def test_a_link_in_noscript_counts_and_is_flagged(sqlite_pipeline: Pipeline) -> None:
    item = seen(sqlite_pipeline, "<noscript><a href='{t}'>x</a></noscript>")
    assert sqlite_pipeline.evidence(item).links[0].noscript


def test_a_link_that_nobody_can_see_verifies_and_is_flagged(sqlite_pipeline: Pipeline) -> None:
    item = seen(sqlite_pipeline, "<div style='display:none'><a href='{t}'>x</a></div>")
    assert item.state is State.PENDING and sqlite_pipeline.evidence(item).hidden


def test_any_form_in_which_the_target_was_given_counts(pipeline: Pipeline) -> None:
    target = pipeline.post()
    source = pipeline.web.page("/source", f"<a href='{target}?utm_source=x'>x</a>")
    assert pipeline.verified(source, target).reason == "no_link"
    item = pipeline.verified(source, f"{target}?utm_source=x")
    assert item.state is State.PENDING and len(item.arrivals) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_kept_as_evidence(sqlite_pipeline: Pipeline, status: int) -> None:
    target = sqlite_pipeline.post()
    final = sqlite_pipeline.web.page("/final", f"<a href='{target}'>x</a>", host="127.0.0.3")
    web = sqlite_pipeline.web
    web.redirect("/far", final, status=status)
    source = web.redirect("/near", "/far", status=status)
    item = sqlite_pipeline.verified(source, target)
    assert item.state is State.PENDING and item.source == source
    evidence = sqlite_pipeline.evidence(item)
    assert [hop.status for hop in evidence.hops] == [status, status] and evidence.final == final


def test_a_source_that_moved_for_good_is_the_same_item_with_its_new_address(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    source = sqlite_pipeline.web.page("/old", f"<a href='{target}'>x</a>")
    first = sqlite_pipeline.verified(source, target)
    new = sqlite_pipeline.web.page("/new", f"<title>new</title><a href='{target}'>x</a>")
    sqlite_pipeline.web.redirect("/old", new, status=301)
    again = sqlite_pipeline.verified(source, target)
    assert (again.id, again.source) == (first.id, source)
    assert sqlite_pipeline.evidence(again).final == new


def test_a_chain_without_end_ends(sqlite_pipeline: Pipeline) -> None:
    web = sqlite_pipeline.web
    for number in range(25):
        web.redirect(f"/{number}", f"/{number + 1}")
    item = sqlite_pipeline.verified(web.url("/0"), sqlite_pipeline.post())
    assert verdict(item) == (State.FAILED, "too_many_redirects")
    assert len(web.requests("127.0.0.2")) == 6


def test_the_source_is_told_who_asks_and_what_we_take(sqlite_pipeline: Pipeline) -> None:
    seen(sqlite_pipeline, "<a href='{t}'>x</a>")
    [request] = sqlite_pipeline.web.requests("127.0.0.2")
    assert request.headers["accept"].startswith("text/html")
    assert "Webmention; +http://127.0.0.1:8000/webmention" in request.headers["user-agent"]


def test_a_page_that_drips_is_given_up_in_time(sqlite_pipeline: Pipeline) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        tick = asyncio.Event()
        while True:
            writer.write(b" ")
            await writer.drain()
            try:
                await asyncio.wait_for(tick.wait(), 0.1)
            except TimeoutError:
                continue

    source = sqlite_pipeline.web.raw(drip)
    item = sqlite_pipeline.with_limits(seconds=0.5).verified(source, sqlite_pipeline.post())
    assert verdict(item) == (State.RECEIVED, "timeout") and item.due_at is not None and item.attempts == 1


@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_behind_the_limit_of_bytes_is_not_read(sqlite_pipeline: Pipeline, packed: bool) -> None:
    body = b"<p>" + b" " * 3_000_000 + b"<a href='{t}'>x</a>"
    target = sqlite_pipeline.post()
    body = body.replace(b"{t}", target.encode())
    headers = {"Content-Encoding": "gzip"} if packed else {}
    source = sqlite_pipeline.web.page("/source", gzip.compress(body) if packed else body, headers=headers)
    assert verdict(sqlite_pipeline.verified(source, target)) == (State.FAILED, "no_link")


def test_a_bomb_with_the_link_in_front_is_read_as_far_as_it_is_read(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    bomb = zlib.compress(f"<a href='{target}'>x</a>".encode() + b" " * 200_000_000)
    source = sqlite_pipeline.web.page("/source", bomb, headers={"Content-Encoding": "deflate"})
    item = sqlite_pipeline.verified(source, target)
    evidence = sqlite_pipeline.evidence(item)
    assert item.state is State.PENDING and evidence.truncated and evidence.size == 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ('{"items": [{"in-reply-to": ["{t}"]}]}', "application/json", (State.PENDING, None)),
        ('{"a": "{t}"}', "application/mf2+json", (State.PENDING, None)),
        ('{"a": "see {t}"}', "application/json", (State.FAILED, "no_link")),
        ('{"{t}": 1}', "application/json", (State.FAILED, "no_link")),
        ("see {t}, please", "text/plain", (State.PENDING, None)),
        ("see {t}-2", "text/plain", (State.FAILED, "no_link")),
        ("<a href='{t}'>x</a>", "application/xhtml+xml", (State.PENDING, None)),
        ("<a href='{t}'>x</a>", "application/xml", (State.FAILED, "unsupported_type")),
        ("<a href='{t}'>x</a>", "application/atom+xml", (State.FAILED, "unsupported_type")),
        ("<a href='{t}'>x</a>", "application/pdf", (State.FAILED, "unsupported_type")),
        ("<a href='{t}'>x</a>", "image/png", (State.FAILED, "unsupported_type")),
    ],
)
def test_each_type_is_judged_by_its_own_rules(
    sqlite_pipeline: Pipeline, body: str, kind: str, expected: tuple[State, str | None]
) -> None:
    assert verdict(seen(sqlite_pipeline, body, headers={"Content-Type": kind})) == expected


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "not_found"), (403, "forbidden"), (451, "http_status"), (410, "gone"), (401, "http_status")],
)
def test_an_error_page_that_holds_the_link_is_no_source(sqlite_pipeline: Pipeline, status: int, reason: str) -> None:
    assert verdict(seen(sqlite_pipeline, "<a href='{t}'>x</a>", status=status)) == (State.FAILED, reason)


def test_a_server_in_trouble_is_asked_again(sqlite_pipeline: Pipeline) -> None:
    item = seen(sqlite_pipeline, "<a href='{t}'>x</a>", status=500)
    assert verdict(item) == (State.RECEIVED, "server_error") and item.due_at is not None


def test_a_page_that_says_that_it_is_gone_is_gone(sqlite_pipeline: Pipeline) -> None:
    item = seen(sqlite_pipeline, "<meta http-equiv='status' content='410 Gone'><a href='{t}'>x</a>")
    assert verdict(item) == (State.FAILED, "gone")


TITLE = "Pingback: Débat 2.0 : le retour « InfGov's Blog | Claude Super"
PAGE = f"<title>{TITLE}</title><meta name=author content='Zoé Ångström'><a href='{{t}}'>x</a>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PAGE.encode("utf-8"), "text/html; charset=utf-8"),
        (PAGE.encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (b"<meta charset=iso-8859-1>" + PAGE.encode("latin-1"), "text/html"),
        (b"\xef\xbb\xbf" + PAGE.encode("utf-8"), "text/html; charset=iso-8859-1"),
        (PAGE.encode("latin-1"), "text/html; charset=utf-8"),
        (PAGE.encode("utf-8"), "text/html; charset=iso-8859-1"),
        (PAGE.encode("utf-8"), "text/html; charset=klingon"),
    ],
)
def test_a_french_title_and_name_arrive_as_they_were_written(sqlite_pipeline: Pipeline, body: bytes, kind: str) -> None:
    [revision] = seen(sqlite_pipeline, body, headers={"Content-Type": kind}).revisions
    assert (revision.title, revision.author_name) == (TITLE, "Zoé Ångström")


@pytest.mark.parametrize(("charset", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_so_do_they_in_utf_16(sqlite_pipeline: Pipeline, charset: str, mark: bytes) -> None:
    target = sqlite_pipeline.post()
    source = sqlite_pipeline.web.page("/16", mark + PAGE.replace("{t}", target).encode(charset))
    assert sqlite_pipeline.verified(source, target).revisions[0].title == TITLE


@pytest.mark.parametrize("declared", ["header", "meta"])
def test_japanese_arrives_as_it_was_written(sqlite_pipeline: Pipeline, declared: str) -> None:
    meta, kind = ("", "text/html; charset=Shift_JIS") if declared == "header" else ("<meta charset=sjis>", "text/html")
    body = f"{meta}<title>日本語の記事 ①</title><a href='{{t}}'>x</a>".encode("cp932")
    [revision] = seen(sqlite_pipeline, body, headers={"Content-Type": kind}).revisions
    assert revision.title == "日本語の記事 ①"


def test_emoji_are_kept_whole_by_both_databases(pipeline: Pipeline) -> None:
    [revision] = seen(pipeline, "<title>Fun 🦊 👩‍👩‍👧 \0!</title><a href='{t}'>x</a>").revisions
    assert revision.title == "Fun 🦊 👩‍👩‍👧 !"


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://192.168.1.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://2130706433/",
    ],
)
@pytest.mark.parametrize("by", ["itself", "redirect"])
def test_no_source_leads_us_to_what_is_not_public(sqlite_pipeline: Pipeline, address: str, by: str) -> None:
    source = address if by == "itself" else sqlite_pipeline.web.redirect("/in", address)
    item = sqlite_pipeline.verified(source, sqlite_pipeline.post())
    assert verdict(item) == (State.FAILED, "refused_address")


@pytest.mark.parametrize("port", [22, 25, 6379])
def test_no_source_leads_us_to_a_port_that_is_not_the_web_s(sqlite_pipeline: Pipeline, port: int) -> None:
    source = sqlite_pipeline.web.redirect("/in", f"http://127.0.0.2:{port}/")
    item = sqlite_pipeline.verified(source, sqlite_pipeline.post())
    assert verdict(item) == (State.FAILED, "refused_port")


def test_the_guard_is_asked_anew_at_every_hop(sqlite_pipeline: Pipeline) -> None:
    web = sqlite_pipeline.web
    web.redirect("/third", "http://10.0.0.1/")
    web.redirect("/second", web.url("/third"), host="127.0.0.3")
    web.redirect("/third", "http://10.0.0.1/", host="127.0.0.2")
    source = web.redirect("/first", web.url("/second", "127.0.0.3"))
    assert sqlite_pipeline.verified(source, sqlite_pipeline.post()).reason == "refused_address"


def test_a_page_is_asked_for_as_it_was_found_and_not_read_again_if_it_is_the_same(pipeline: Pipeline) -> None:
    target = pipeline.post()

    def answer(request: Request) -> Answer:
        unchanged = request.headers.get("if-none-match") == '"1"'
        return Answer("" if unchanged else f"<a href='{target}'>x</a>", 304 if unchanged else 200, {"ETag": '"1"'})

    source = pipeline.web.answers("/source", answer)
    pipeline.verified(source, target)
    item = pipeline.verified(source, target)
    assert (item.state, len(item.revisions), item.due_at) == (State.PENDING, 1, None)
    assert [request.headers.get("if-none-match") for request in pipeline.web.requests(source)] == [None, '"1"']
    assert [(event.came_from, event.went_to) for event in pipeline.events(item.id)] == [
        (State.RECEIVED, State.PENDING),
        (State.PENDING, State.PENDING),
    ]


def test_a_validator_that_no_database_could_keep_is_left_out(pipeline: Pipeline) -> None:
    target = pipeline.post()
    head = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "a\x00b"\r\nConnection: close\r\n\r\n'
    source = pipeline.web.says(head + f"<a href='{target}'>x</a>".encode())
    item = pipeline.verified(source, target)
    assert (item.state, item.etag) == (State.PENDING, None)


def test_a_source_on_our_own_blog_is_a_source_too(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    source = sqlite_pipeline.web.page("/other", "<a href='/post'>x</a>", host=OURS)
    assert sqlite_pipeline.verified(source, target).state is State.PENDING
