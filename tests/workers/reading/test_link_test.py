"""What counts as a link to the target, and what only looks like one."""

from __future__ import annotations

import pytest

from service.values.address import parse
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading import read

SOURCE = parse("https://src.example/a/b")
TARGET = parse("https://blog.example/post")


def reading(body: str | bytes, kind: str = "text/html; charset=utf-8") -> Reading | Failure:
    content = body if isinstance(body, bytes) else body.encode()
    return read(Page(SOURCE, SOURCE, {"content-type": kind}, content), [TARGET])


@pytest.mark.parametrize(
    "body",
    [
        "<a href='https://blog.example/post'>x</a>",
        "<A HREF=https://blog.example/post>x</A>",
        "<a rel=nofollow href=' https://blog.example/post\n'>x</a>",
        "<a href='&#104;ttps://blog.example&#47;post'>x</a>",
        "<a href='https://blog.example/post#part'>x</a>",
        "<base href='https://blog.example/x/'><base href='https://other.example/'><a href='../post'>x</a>",
        "<a href='//blog.example/post'>x</a>",
        "<img src='https://blog.example/post'>",
        "<video src='https://blog.example/post'></video>",
        "<audio><source src='https://blog.example/post'></audio>",
        "<iframe src='https://blog.example/post'></iframe>",
        "<object data='https://blog.example/post'></object>",
        "<blockquote cite='https://blog.example/post'>x</blockquote>",
        "<map><area href='https://blog.example/post'></map>",
        "<noscript><a href='https://blog.example/post'>x</a></noscript>",
        "<div class=h-entry><link class=u-in-reply-to href='https://blog.example/post'></div>",
        "<div>" * 5000 + "<a href='https://blog.example/post'>x</a>",
    ],
)
def test_a_link_verifies(body: str) -> None:
    assert isinstance(reading(body), Reading)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "https://blog.example/post",
        "&lt;a href='https://blog.example/post'>",
        "<!-- <a href='https://blog.example/post'>x</a> -->",
        "<script><a href='https://blog.example/post'>x</a></script>",
        "<style><a href='https://blog.example/post'>x</a></style>",
        "<template><a href='https://blog.example/post'>x</a></template>",
        "<textarea><a href='https://blog.example/post'>x</a></textarea>",
        "<title><a href='https://blog.example/post'>x</a></title>",
        "<xmp><a href='https://blog.example/post'>x</a></xmp>",
        "<p title=\"<a href='https://blog.example/post'>\">x",
        "<p data-href='https://blog.example/post'>x",
        "<link rel=canonical href='https://blog.example/post'>",
        "<meta content='https://blog.example/post'>",
        "<form action='https://blog.example/post'></form>",
        "<data value='https://blog.example/post'>x</data>",
        "<a href='https://blog.example/post-2'>x</a>",
        "<a href='https://blog.example/post/'>x</a>",
        "<a href='https://blog.example/post?x=1'>x</a>",
        "<a href='http://blog.example/post'>x</a>",
        "<a href='https://www.blog.example/post'>x</a>",
        "<a href='https://blog.example.evil.example/post'>x</a>",
        "<a href='https://evil.example/?https://blog.example/post'>x</a>",
        "<a href='https://blog.example@evil.example/post'>x</a>",
        "<meta http-equiv=refresh content='0;url=https://blog.example/post'>",
    ],
)
def test_what_only_looks_like_a_link_does_not_verify(body: str) -> None:
    failure = reading(body)
    assert isinstance(failure, Failure) and failure.reason.code == "no_link"


@pytest.mark.parametrize(
    ("body", "kind", "verifies"),
    [
        ('{"a": [{"b": "https://blog.example/post"}]}', "application/json", True),
        ('{"a": "https://blog.example/post"}', "application/feed+json", True),
        ('{"https://blog.example/post": 1}', "application/json", False),
        ('{"a": "see https://blog.example/post"}', "application/json", False),
        ("see https://blog.example/post, it is good", "text/plain", True),
        ("see https://blog.example/post-2", "text/plain", False),
    ],
)
def test_sources_without_elements_are_judged_by_their_own_rules(body: str, kind: str, verifies: bool) -> None:
    assert isinstance(reading(body, kind), Reading) is verifies


def test_a_page_that_says_it_is_gone_is_gone() -> None:
    failure = reading("<meta http-equiv='status' content='410 Gone'><a href='https://blog.example/post'>x</a>")
    assert isinstance(failure, Failure) and failure.reason.code == "gone"


TITLE = "Débat 2.0 : le retour « InfGov's Blog | Claude Super"
PAGE = f"<title>{TITLE}</title><a href='https://blog.example/post'>x</a>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PAGE.encode(), "text/html; charset=utf-8"),
        (PAGE.encode(), "text/html"),
        (PAGE.encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (b"<meta charset=windows-1252>" + PAGE.encode("cp1252"), "text/html"),
        (PAGE.encode("utf-16"), "text/html"),
        (PAGE.replace("é", "&eacute;").replace("«", "&#171;").encode("ascii"), "text/html; charset=klingon"),
    ],
)
def test_a_french_title_comes_out_whole_in_any_charset(body: bytes, kind: str) -> None:
    found = reading(body, kind)
    assert isinstance(found, Reading) and found.entry.title == TITLE
