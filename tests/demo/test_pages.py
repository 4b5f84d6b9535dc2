"""The demo blog's own pages."""

from __future__ import annotations

import http.client

import pytest

from service.demo.blog.content import ECHOES, FAMOUS, OPEN, POSTS
from tests.demo.conftest import Blog, served

ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{ 7*7 }}"


@pytest.mark.parametrize("path", ["/", "/ecrire/", *POSTS])
def test_each_page_names_the_endpoints_by_header_and_by_link(blog: Blog, path: str) -> None:
    answer = blog.ask(path)
    assert answer.status == 200
    assert answer.headers["Link"] == f'<{blog.service}/webmention>; rel="webmention"'
    assert answer.headers["X-Pingback"] == f"{blog.service}/pingback"
    assert f'<link rel="webmention" href="{blog.service}/webmention">' in answer.text
    assert f'<link rel="pingback" href="{blog.service}/pingback">' in answer.text


@pytest.mark.parametrize("post", [FAMOUS, OPEN], ids=lambda post: post.name)
def test_a_post_shows_its_thread_by_the_one_tag(blog: Blog, post: object) -> None:
    page = blog.ask(post.path).text  # type: ignore[attr-defined]
    assert f'<script type="module" src="{blog.service}/widget.js"></script>' in page
    assert page.count("<reflections-thread>") == 1


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: echo.name)
def test_each_other_blog_links_to_the_famous_post(blog: Blog, echo: object) -> None:
    page = blog.ask(echo.path).text  # type: ignore[attr-defined]
    assert f'href="{blog.url}{FAMOUS.path}">' in page


@pytest.mark.parametrize("page", ["/ecrire/", *(echo.path for echo in ECHOES)])
def test_the_guide_on_each_page_is_no_link_to_what_its_author_means(blog: Blog, page: str) -> None:
    text = blog.ask(page).text
    assert text.count(FAMOUS.path) == (page != "/ecrire/") and text.count(OPEN.path) == 0
    for step, post in {"/guide/1": FAMOUS, "/guide/2": OPEN}.items():
        assert f'href="{step}"' in text
        assert blog.ask(step).headers["Location"] == post.path


def test_the_guide_speaks_the_readers_language_and_the_blog_its_own(blog: Blog) -> None:
    english = blog.ask(OPEN.path).text
    french = blog.ask(OPEN.path, headers={"Accept-Language": "fr-CA,en;q=0.5"}).text
    assert "Write a post that links to this one" in english
    assert "Écrire un billet qui cite celui-ci" in french
    assert "Ce billet reste ouvert" in english


def test_what_a_newcomer_writes_is_shown_as_text(blog: Blog) -> None:
    written = blog.ask(blog.write(title=ATTACK, author=ATTACK, text=ATTACK).headers["Location"])
    form = blog.write(title="", author=ATTACK, text=ATTACK)
    for page in (written.text, form.text, blog.ask("/ecrire/").text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "{{ 7*7 }}" in page or "49" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written.text


def test_no_page_runs_or_loads_what_is_not_the_services(blog: Blog) -> None:
    policy = blog.ask(OPEN.path).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"script-src {blog.service};" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": " "}, "A post has a title, an author and some words."),
        ({"text": ""}, "A post has a title, an author and some words."),
        ({"text": "x" * 4001}, "That is too long: 4000 characters at most."),
    ],
)
def test_an_incomplete_post_is_refused_in_a_sentence_and_keeps_its_words(
    blog: Blog, changed: dict[str, str], sentence: str
) -> None:
    answer = blog.write(**changed, author="Zoe of the many words")
    assert answer.status == 400
    assert sentence in answer.text
    assert "Zoe of the many words" in answer.text


def test_there_are_fifty_posts_at_most(blog: Blog) -> None:
    first = blog.write()
    for number in range(1, 50):
        (blog.folder / f"{number:08x}.json").write_text((next(blog.folder.glob("*.json"))).read_text())
    assert "There are 50 posts" in blog.write().text
    assert blog.ask(first.headers["Location"], {"delete": "1"}).status == 303
    assert blog.write().status == 303


def test_a_deleted_post_is_gone(blog: Blog) -> None:
    path = blog.write().headers["Location"]
    assert blog.ask(path).status == 200
    assert blog.ask(path, {"delete": "1"}).headers["Location"] == "/ecrire/?deleted"
    assert blog.ask(path).status == 410
    assert "Your post is deleted." in blog.ask("/ecrire/?deleted").text


@pytest.mark.parametrize("path", ["/nothing", "/style.css/", "//evil.example/", "/%00", "/../../etc/passwd"])
def test_what_is_not_there_is_not_found(blog: Blog, path: str) -> None:
    answer = blog.ask(path)
    assert answer.status == 404
    assert "There is no such page." in answer.text


@pytest.mark.parametrize("name", ["..%2Fsecret", "../../secret_key", "zzzzzzzz", "a" * 5000])
def test_a_post_is_found_by_its_own_name_alone(blog: Blog, name: str) -> None:
    (blog.folder.parent / "secret.json").write_text("{}")
    assert blog.ask(f"/chez-vous/{name}/").status == 410


def test_a_form_from_another_origin_is_refused(blog: Blog) -> None:
    form = {"title": "A title", "author": "Mallory", "text": "Some words."}
    assert blog.ask("/ecrire/", form, {"Origin": "http://evil.example"}).status == 403
    assert blog.ask("/ecrire/", form, {"Origin": "null"}).status == 403
    assert blog.ask("/ecrire/", form, {"Origin": blog.url}).status == 303
    assert len(list(blog.folder.glob("*.json"))) == 1


def test_another_name_for_its_address_is_refused(blog: Blog) -> None:
    assert blog.ask("/", headers={"Host": "rebound.example"}).status == 421


@pytest.mark.parametrize("length", ["", "-1", "many", "9" * 5000, "70000"])
def test_a_form_of_no_honest_length_is_refused(blog: Blog, length: str) -> None:
    line = http.client.HTTPConnection(blog.url.removeprefix("http://"), timeout=30)
    line.putrequest("POST", "/ecrire/")
    line.putheader("Content-Length", length)
    line.endheaders()
    assert line.getresponse().status == 413
    line.close()


def test_without_its_folder_the_blog_is_gone(blog: Blog) -> None:
    blog.folder.rmdir()
    for path in ("/", FAMOUS.path, "/ecrire/"):
        answer = blog.ask(path)
        assert answer.status == 410
        assert "The demo was removed." in answer.text
    assert blog.write().status == 410


def test_a_second_start_keeps_what_was_written(blog: Blog) -> None:
    path = blog.write(title="Kept").headers["Location"]
    with served(blog.folder, blog.service) as again:
        assert "Kept" in again.ask(path).text
        assert path in again.ask("/ecrire/").text
