"""``GET /api/v1/counts``: how many reflections each of several pages has."""

from __future__ import annotations

from flask.testing import FlaskClient

from service.values.state import Kind
from tests.publish.asking import HIDDEN, ask
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import Says, Threads


def test_approved_items_alone_are_counted_by_kind(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, *[Says("hidden", state=state) for state in HIDDEN])
    threads.add(post, Says("a"), Says("b"), Says(kind=Kind.PINGBACK, source="https://far.example/"))
    urls = [post.url, site.page("other"), "https://else.example/"]
    answer = ask(client, "/api/v1/counts", *[("url", url) for url in urls])
    assert answer.json.keys() == {"counts", "locales"}
    none = {"total": 0, "comment": 0, "pingback": 0, "webmention": 0, "trackback": 0}
    assert answer.json["counts"] == {
        urls[0]: {"total": 3, "comment": 2, "pingback": 1, "webmention": 0, "trackback": 0},
        urls[1]: none,
        urls[2]: none,
    }


def test_the_language_of_each_site_is_said(client: FlaskClient, make_site: MakeSite, threads: Threads) -> None:
    """A count is said in the words of its site, as the thread is, whatever a reader's browser speaks."""
    french, english = make_site("https://carnets.example/", locale="fr"), make_site("https://notes.example/")
    urls = [threads.post(french).url, english.page("made-up"), "https://else.example/"]
    query = [("url", url) for url in urls]
    answers = [
        client.get("/api/v1/counts", query_string=query, headers={"Accept-Language": tag}) for tag in ("en", "de")
    ]
    assert answers[0].data == answers[1].data
    assert answers[0].json["locales"] == {urls[0]: "fr", urls[1]: "en"}


def test_a_hundred_pages_at_once_and_no_more(client: FlaskClient, site: KnownSite) -> None:
    urls = [("url", site.page(str(number))) for number in range(101)]
    assert len(ask(client, "/api/v1/counts", *urls[:100]).json["counts"]) == 100
    assert ask(client, "/api/v1/counts", *urls).status_code == 400


def test_what_is_no_page_is_refused(client: FlaskClient, site: KnownSite) -> None:
    for query in ("", "url=", "url=ftp://blog.example/", "url=https://blog.example/&url=x y"):
        answer = client.get(f"/api/v1/counts?{query}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json"), query
