"""``GET /embed``: the thread as a plain page, as its bytes say it."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from service.values.state import Kind
from tests.publish.asking import HIDDEN, ask
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import Says, Threads


def page(client: FlaskClient, url: str, **query: object) -> BeautifulSoup:
    answer = ask(client, "/embed", url=url, **query)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "lxml")


def test_only_approved_items_are_on_the_page(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site, title="A post")
    threads.add(post, Says("seen"), *[Says(f"hidden as {state}", "Mallory", state=state) for state in HIDDEN])
    made = page(client, post.url)
    assert made.h1 and made.h1.text == "1 reflection on “A post”"
    assert "Mallory" not in made.text and "hidden" not in made.text


def test_the_page_speaks_the_sites_language(client: FlaskClient, make_site: MakeSite, threads: Threads) -> None:
    post = threads.post(make_site("https://carnets.example/", locale="fr"), title="De la lenteur", comments_open=False)
    made = page(client, post.url)
    assert made.html and made.html["lang"] == "fr"
    assert "Pas encore de réflexions." in made.text and "Les commentaires sont fermés." in made.text


def test_strangers_words_are_words(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site, title="<script>1</script>")
    nasty = "<img src=x onerror=alert(1)>"
    threads.add(
        post,
        Says(nasty, nasty),
        Says(kind=Kind.PINGBACK, source="https://far.example/?<b>", title=nasty),
        Says(nasty, kind=Kind.WEBMENTION, relation="like", name=nasty, source="https://like.example/"),
    )
    made = page(client, post.url)
    assert not made.find_all(["script", "img", "style"])
    assert made.text.count(nasty) == 4


def test_only_the_sites_own_pages_may_frame_it(client: FlaskClient, make_site: MakeSite, threads: Threads) -> None:
    site = make_site("https://blog.example/", "https://www.blog.example/notes/")
    headers = ask(client, "/embed", url=threads.post(site).url).headers
    policy = headers["Content-Security-Policy"]
    ancestors = policy.rpartition("frame-ancestors ")[2]
    assert sorted(ancestors.split()) == ["https://blog.example", "https://www.blog.example"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in headers and "Set-Cookie" not in headers


def test_pages_and_replies_lead_on_without_a_script(client: FlaskClient, site: KnownSite, threads: Threads) -> None:
    post = threads.post(site)
    first, *_ = threads.add(post, *[Says(f"word{number}") for number in range(60)])
    threads.add(post, *[Says(f"reply{number}", parent=first) for number in range(55)])
    made = page(client, post.url)
    more, following = made.select("a.more")
    assert "reply54" in client.get(str(more["href"])).text
    second = BeautifulSoup(client.get(str(following["href"])).text, "lxml")
    assert "word59" in second.text and "word0" not in second.text
    assert second.ol and second.ol["start"] == "51"
    assert "word0" in client.get(str(second.select_one("a[rel=prev]")["href"])).text  # type: ignore[index]


def test_a_refused_page_says_why_and_nobody_frames_it(client: FlaskClient, site: KnownSite) -> None:
    for url, status in (("https://else.example/", 404), ("nonsense<b>", 400)):
        answer = ask(client, "/embed", url=url)
        assert answer.status_code == status
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<b>" not in answer.text
    assert ask(client, "/embed", url=site.page("post"), theme="pink").status_code == 400
