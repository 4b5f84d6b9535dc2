"""``GET /api/v1/counts``: how many reflections each of several pages has."""

from __future__ import annotations

from flask.testing import FlaskClient

from service.values.state import Kind
from tests.publish.asking import HIDDEN, ask
from tests.support.service import KnownSite
from tests.support.threads import Says, Threads


def test_approved_items_alone_are_counted_by_kind(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    threads.add(post, *[Says("hidden", state=state) for state in HIDDEN])
    threads.add(post, Says("a"), Says("b"), Says(kind=Kind.PINGBACK, source="https://far.example/"))
    urls = [post.url, site.page("other"), "https://else.example/"]
    answer = ask(client, "/api/v1/counts", *[("url", url) for url in urls])
    none = {"total": 0, "comment": 0, "pingback": 0, "webmention": 0, "trackback": 0}
    assert answer.json == {"counts": {
        urls[0]: {"total": 3, "comment": 2, "pingback": 1, "webmention": 0, "trackback": 0},
        urls[1]: none,
        urls[2]: none,
    }}  # fmt: skip


def test_a_hundred_pages_at_once_and_no_more(client: FlaskClient, site: KnownSite) -> None:
    urls = [("url", site.page(str(number))) for number in range(101)]
    assert len(ask(client, "/api/v1/counts", *urls[:100]).json["counts"]) == 100
    assert ask(client, "/api/v1/counts", *urls).status_code == 400


def test_what_is_no_page_is_refused(client: FlaskClient, site: KnownSite) -> None:
    for query in ("", "url=", "url=ftp://blog.example/", "url=https://blog.example/&url=x y"):
        answer = client.get(f"/api/v1/counts?{query}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json"), query
