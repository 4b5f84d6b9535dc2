"""``GET /api/v1/thread``: what scripts and the widget rely on."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import brotli
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from service.model import Published
from service.model.engine import writing
from service.values.state import Kind, State
from tests.publish.asking import HIDDEN, ask, follow, texts, thread
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import Says, Threads
from tests.support.waiting import until


def test_a_thread_has_the_shape_of_the_contract(client: FlaskClient, make_site: MakeSite, threads: Threads) -> None:
    site = make_site("https://carnets.example/", locale="fr")
    post = threads.post(site, "lenteur", "De la lenteur", comments_open=False)
    when = datetime(2011, 10, 14, 9, 30, tzinfo=UTC)
    (first, _) = threads.add(
        post,
        Says(
            "Bien *dit*.",
            "Ann",
            author_url="https://ann.example/",
            received=when,
            published="2011-10-14T11:30:00+02:00",
        ),
        Says(kind=Kind.PINGBACK, source="https://far.example/a", title="Un éloge", received=when),
    )
    (answer,) = threads.add(post, Says("Merci", "Claude", owner=True, parent=first, received=when))
    assert thread(client, post.url) == {
        "url": "https://carnets.example/lenteur",
        "title": "De la lenteur",
        "post": str(post.id),
        "locale": "fr",
        "total": 3,
        "counts": {"total": 3, "comment": 2, "pingback": 1, "webmention": 0, "trackback": 0},
        "open": {"comments": False, "linkbacks": True},
        "reflections": [
            {
                "id": first.uid,
                "kind": "comment",
                "type": "comment",
                "url": None,
                "author": {"name": "Ann", "url": "https://ann.example/", "photo": None},
                "title": None,
                "content": {"html": "<p>Bien <em>dit</em>.</p>", "text": "Bien *dit*."},
                "published": "2011-10-14T11:30:00+02:00",
                "received": "2011-10-14T09:30:00Z",
                "owner": False,
                "edited": None,
                "rsvp": None,
                "parent": None,
                "replies": [
                    {
                        "id": answer.uid,
                        "kind": "comment",
                        "type": "comment",
                        "url": None,
                        "author": {"name": "Claude", "url": None, "photo": None},
                        "title": None,
                        "content": {"html": "<p>Merci</p>", "text": "Merci"},
                        "published": None,
                        "received": "2011-10-14T09:30:00Z",
                        "owner": True,
                        "edited": None,
                        "rsvp": None,
                        "parent": first.uid,
                        "replies": [],
                        "more": None,
                    }
                ],
                "more": None,
            },
            thread(client, post.url)["reflections"][1]
            | {"kind": "pingback", "type": "mention", "url": "https://far.example/a", "title": "Un éloge"},
        ],
        "next": None,
    }


def test_only_approved_items_are_in_a_thread(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, Says("seen"), *[Says(f"hidden as {state}", "Mallory", state=state) for state in HIDDEN])
    answer = ask(client, "/api/v1/thread", url=post.url)
    assert answer.json["total"] == answer.json["counts"]["comment"] == 1
    assert texts(answer.json["reflections"]) == ["seen"]
    assert "hidden" not in answer.text and "Mallory" not in answer.text


def test_what_a_source_says_later_is_not_shown_before_somebody_decides(
    client: FlaskClient, site: KnownSite, threads: Threads
) -> None:
    post = threads.post(site)
    (item,) = threads.add(
        post, Says("as approved", kind=Kind.WEBMENTION, relation="reply", source="https://a.example/")
    )
    threads.revise(item, "as slipped in")
    assert texts(thread(client, post.url)["reflections"]) == ["as approved"]
    threads.decide(item, State.APPROVED)
    assert texts(thread(client, post.url)["reflections"]) == ["as slipped in"]


def test_a_decision_is_seen_by_the_next_read(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    (item,) = threads.add(post, Says("words"))
    seen = []
    for state in (State.APPROVED, State.REJECTED, State.APPROVED, State.SPAM, State.APPROVED, State.GONE):
        threads.decide(item, state)
        seen.append(thread(client, post.url)["total"])
    assert seen == [1, 0, 1, 0, 1, 0]


def test_a_reply_to_what_was_taken_down_is_not_lost(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    (parent,) = threads.add(post, Says("parent"))
    threads.add(post, Says("reply", parent=parent))
    threads.decide(parent, State.REJECTED)
    made = thread(client, post.url)
    assert texts(made["reflections"]) == ["reply"]
    assert made["reflections"][0]["parent"] is None


def test_pages_follow_one_another_to_the_end(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, *[Says(f"{number}") for number in range(120)])
    made = thread(client, post.url)
    found = texts(made["reflections"])
    assert len(found) == 50
    while made["next"]:
        made = follow(client, made["next"])
        assert made["total"] == 120
        found += texts(made["reflections"])
    assert found == [str(number) for number in range(120)]


def test_size_and_order_are_the_readers_choice(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, *[Says(f"{number}") for number in range(60)])
    made = thread(client, post.url, size=500, order="newest")
    assert texts(made["reflections"]) == [str(number) for number in reversed(range(60))]
    assert made["next"] is None
    assert texts(thread(client, post.url, size=7, page=3)["reflections"]) == [str(number) for number in range(14, 21)]
    assert thread(client, post.url, page=1000)["reflections"] == []


def test_the_rest_of_the_replies_is_where_more_says(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    (top,) = threads.add(post, Says("top"))
    threads.add(post, *[Says(f"{number}", parent=top) for number in range(130)])
    (item,) = thread(client, post.url)["reflections"]
    found = texts(item["replies"])
    assert len(found) == 50
    made = follow(client, item["more"])
    found += texts(made["reflections"])
    assert {reply["parent"] for reply in made["reflections"]} == {top.uid}
    while made["next"]:
        made = follow(client, made["next"])
        found += texts(made["reflections"])
    assert found == [str(number) for number in range(130)]


def test_a_deep_talk_is_reached_by_more(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    (last,) = threads.add(post, Says("0"))
    for depth in range(1, 30):
        (last,) = threads.add(post, Says(str(depth), parent=last))
    found = []
    items = thread(client, post.url)["reflections"]
    while items:
        (item,) = items
        found += texts([item])
        items = item["replies"] or (follow(client, item["more"])["reflections"] if item["more"] else [])
    assert found == [str(depth) for depth in range(30)]


def test_the_replies_of_a_hidden_item_are_not_given_under_it(
    client: FlaskClient, site: KnownSite, threads: Threads
) -> None:
    post = threads.post(site)
    (parent,) = threads.add(post, Says("parent", state=State.PENDING))
    threads.add(post, Says("reply", parent=parent))
    assert thread(client, post.url, under=parent.uid)["reflections"] == []


def test_a_page_that_nobody_named_has_an_empty_thread(client: FlaskClient, site: KnownSite) -> None:
    made = thread(client, site.page("nobody-wrote-here?x=<b>"))
    assert (made["total"], made["reflections"], made["post"]) == (0, [], None)


def test_every_address_of_a_post_has_its_thread(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site, "post")
    threads.add(post, Says("words"))
    for address in ("http://blog.example/post/", "https://BLOG.example:443/post?utm_source=x#reflections"):
        assert thread(client, address)["total"] == 1


def test_threads_of_two_sites_do_not_mix(client: FlaskClient, make_site: MakeSite, threads: Threads) -> None:
    one, other = make_site("https://host.example/~a/"), make_site("https://host.example/~b/")
    threads.add(threads.post(one), Says("of a"))
    threads.add(threads.post(other), Says("of b"))
    answers = [ask(client, "/api/v1/thread", url=site.page("post")) for site in (one, other)]
    assert [texts(answer.json["reflections"]) for answer in answers] == [["of a"], ["of b"]]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


def test_an_unchanged_thread_is_not_sent_again(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    (item,) = threads.add(post, Says("words"))
    url = f"/api/v1/thread?url={post.url}"
    tag = client.get(url).headers["ETag"]
    assert tag.startswith('"')
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    threads.decide(item, State.REJECTED)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes, "": bytes}


def test_a_thread_comes_in_the_encoding_that_the_reader_takes(
    client: FlaskClient, site: KnownSite, threads: Threads
) -> None:
    post = threads.post(site)
    threads.add(post, Says("words " * 100))
    plain = client.get(f"/api/v1/thread?url={post.url}")
    for coding, decode in DECODE.items():
        answer = client.get(f"/api/v1/thread?url={post.url}", headers={"Accept-Encoding": coding})
        assert decode(answer.data) == plain.data
        assert answer.headers.get("Content-Encoding", "identity") == (coding or "identity")
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert (answer.headers["ETag"] == plain.headers["ETag"]) is (coding in ("", "identity"))


def test_any_page_may_read_and_no_cookie_is_set(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    answer = client.get(f"/api/v1/thread?url={threads.post(site).url}", headers={"Origin": "https://else.example"})
    headers = answer.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers and "Set-Cookie" not in headers
    assert headers["Cache-Control"] == "public, max-age=10, s-maxage=1, stale-if-error=86400"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert "Cookie" not in headers["Vary"]


def test_head_says_the_same_without_a_body(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    url = f"/api/v1/thread?url={threads.post(site).url}"
    head = client.head(url)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == client.get(url).headers["ETag"]


def test_a_browser_may_ask_whether_the_thread_changed(client: FlaskClient) -> None:
    answer = client.options("/api/v1/thread", headers={"Origin": "https://blog.example"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


def test_a_page_of_no_site_is_not_found(client: FlaskClient, site: KnownSite) -> None:
    answer = ask(client, "/api/v1/thread", url="https://else.example/post")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["status"] == 404 and answer.json["reason"] == "unknown_site" and answer.json["detail"]


UNREADABLE = [
    "",
    "url=",
    "url=https://blog.example/&url=https://blog.example/b",
    "url=javascript:alert(1)",
    "url=https://blog.example/%0a<script>",
    "url=https://blog.example/" + "a" * 10_000,
    "url=%ff%fe",
    "url=https://blog.example/&page=-1",
    "url=https://blog.example/&page=0",
    "url=https://blog.example/&page=1e9",
    "url=https://blog.example/&page=a",
    "url=https://blog.example/&page=%D9%A3",
    "url=https://blog.example/&page=99999999999999999999",
    "url=https://blog.example/&size=501",
    "url=https://blog.example/&size=0",
    "url=https://blog.example/&order=random",
    "url=https://blog.example/&under=" + "x" * 33,
]


def test_what_can_not_be_read_is_refused_in_one_sentence(client: FlaskClient, site: KnownSite) -> None:
    for query in UNREADABLE:
        answer = client.get(f"/api/v1/thread?{query}")
        assert answer.status_code == 400, f"{query}: {answer.text}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["detail"].endswith(".")
        assert "<script>" not in answer.text


def test_a_strange_parameter_changes_nothing(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, Says("words"))
    assert thread(client, post.url, key="unbound", callback="alert(1)//") == thread(client, post.url)


def test_only_first_pages_are_kept(client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine) -> None:
    post = threads.post(site)
    (item,) = threads.add(post, Says("words"))
    for query in ({}, {}, {"page": 2}, {"size": 3}, {"under": item.uid}, {"under": "x"}, {"skip": 4}):
        thread(client, post.url, **query)

    def kept() -> int | None:
        with writing(engine) as session:
            return session.scalar(select(func.count()).select_from(Published))

    until(kept, 10, "nothing was kept")  # nobody waits for it
    assert kept() == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/api/v1/thread", "/api/v1/counts", "/embed"]),
    url=st.one_of(st.text(max_size=60), st.text(max_size=40).map("https://blog.example/".__add__)),
    further=st.dictionaries(
        st.sampled_from(["page", "size", "order", "under", "skip", "theme", "key"]), st.text(max_size=12), max_size=3
    ),
)
def test_no_query_makes_the_service_fail(
    client: FlaskClient, site: KnownSite, path: str, url: str, further: dict[str, str]
) -> None:
    assert ask(client, path, url=url.encode("utf-8", "replace").decode(), **further).status_code < 500
