"""The trackback endpoint: TrackBack 1.2, its words kept and its link verified like every other."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from service.model import Post, Reflection
from service.values.state import State
from tests.receive.senders import SOURCE, TARGET, Stored, Tracked, mention, on_sqlite, ping, track, tracked
from tests.support.service import KnownSite

FORM = "application/x-www-form-urlencoded"
TAKEN = Tracked(0, "")


@pytest.fixture
def post(client: FlaskClient, site: KnownSite, stored: Stored) -> int:
    """The id of a post that somebody named before."""
    mention(client, "https://earlier.example/")
    return stored.posts()[0].id


def test_a_trackback_is_taken_with_its_words(client: FlaskClient, post: int, stored: Stored) -> None:
    assert track(client, post, url=SOURCE, title="A title", excerpt="Some words", blog_name="Sandra’s blog") == TAKEN
    item = stored.items()[-1]
    assert (item.kind, item.state, item.source) == ("trackback", State.RECEIVED, SOURCE)
    assert item.due_at is not None, "its link is verified"
    arrival = stored.arrivals()[-1]
    assert arrival.target == TARGET
    assert arrival.hints == {"title": "A title", "excerpt": "Some words", "blog_name": "Sandra’s blog"}


def test_a_known_pair_is_no_error_and_keeps_its_first_words(client: FlaskClient, post: int, stored: Stored) -> None:
    assert track(client, post, url=SOURCE, title="The first") == TAKEN
    assert track(client, post, url=SOURCE, title="Another") == TAKEN
    assert [arrival.hints for arrival in stored.arrivals()][1:] == [{"title": "The first"}]
    mention(client)
    ping(client)
    assert [item.source for item in stored.items()] == ["https://earlier.example/", SOURCE]
    assert {arrival.protocol for arrival in stored.arrivals()} == {"trackback", "webmention", "pingback"}


@on_sqlite
def test_without_a_title_the_address_is_the_title(client: FlaskClient, post: int, stored: Stored) -> None:
    assert track(client, post, url=SOURCE) == TAKEN
    assert stored.arrivals()[-1].hints == {"title": SOURCE}


@on_sqlite
@pytest.mark.parametrize("length", [255, 256, 5000])
def test_a_long_excerpt_is_cropped(client: FlaskClient, post: int, stored: Stored, length: int) -> None:
    track(client, post, url=SOURCE, excerpt="x" * length)
    excerpt = (stored.arrivals()[-1].hints or {})["excerpt"]
    assert excerpt == ("x" * 255 if length == 255 else "x" * 252 + "...")


@on_sqlite
def test_markup_stays_text(client: FlaskClient, post: int, stored: Stored) -> None:
    track(client, post, url=SOURCE, blog_name="<script>alert(1)</script>", excerpt="<b>bold</b>\x00\u202e & \r\n more")
    hints = stored.arrivals()[-1].hints or {}
    assert hints["blog_name"] == "<script>alert(1)</script>"
    assert hints["excerpt"] == "<b>bold</b> & more"


ENCODED = {
    "header": ("iso-8859-1", f"title={quote('Café', encoding='latin-1')}"),
    "header, raw bytes": ("iso-8859-1", "title=Café".encode("latin-1")),
    "header, Japanese": ("shift_jis", f"title={quote('日本', encoding='shift_jis')}"),
    "field": ("", f"title={quote('Café', encoding='latin-1')}&charset=ISO-8859-1"),
    "field, Japanese": ("", f"title={quote('日本', encoding='euc_jp')}&charset=EUC-JP"),
    "UTF-8 by default": ("", f"title={quote('Café')}"),
    "Latin 1 by the looks of it": ("", f"title={quote('Café', encoding='latin-1')}"),
    "UTF-8 that is none": ("utf-8", f"title={quote('Café', encoding='latin-1')}"),
    "a made-up one": ("klingon", f"title={quote('Café')}"),
    "no text encoding": ("zlib", f"title={quote('Café')}"),
}


@on_sqlite
@pytest.mark.parametrize(("charset", "words"), ENCODED.values(), ids=ENCODED.keys())
def test_words_are_read_in_the_encoding_that_they_have(
    client: FlaskClient, post: int, stored: Stored, charset: str, words: str | bytes
) -> None:
    body = (words if isinstance(words, bytes) else words.encode()) + f"&url={quote(SOURCE)}".encode()
    kind = f"{FORM}; charset={charset}" if charset else FORM
    assert tracked(client.post(f"/trackback/{post}", data=body, content_type=kind)) == TAKEN
    assert (stored.arrivals()[-1].hints or {})["title"] in ("Café", "日本")


@on_sqlite
def test_utf_7_is_no_encoding(client: FlaskClient, post: int, stored: Stored) -> None:
    body = f"title=%2BADw-script%2BAD4-&url={quote(SOURCE)}&charset=utf-7"
    assert tracked(client.post(f"/trackback/{post}", data=body, content_type=f"{FORM}; charset=utf-7")) == TAKEN
    assert (stored.arrivals()[-1].hints or {})["title"] == "+ADw-script+AD4-"


@on_sqlite
def test_what_is_not_taken_is_an_error_with_its_reason(client: FlaskClient, post: int, stored: Stored) -> None:
    for fields, message in [
        ({}, "The parameter url is missing."),
        ({"title": "T"}, "The parameter url is missing."),
        ({"url": ""}, "The parameter url is missing."),
        ({"url": "javascript:alert(1)"}, "The source is not a valid http or https URL."),
        ({"url": "<script>"}, "The source is not a valid http or https URL."),
        ({"url": TARGET + "#x"}, "The source and the target are the same page."),
        ({"url": SOURCE + "x" * 2048}, "The address is longer than 2,048 characters."),
    ]:
        answer = client.post(f"/trackback/{post}", data=fields, content_type=FORM)
        assert tracked(answer) == Tracked(1, message)
        assert stored.count(Reflection) == 1


def test_a_trackback_for_no_post_is_an_error(client: FlaskClient, post: int, stored: Stored) -> None:
    for number in ["0", "999999", "2147483648", "9" * 30, "-1", "1e3", "x", "²", "1%00"]:
        answer = client.post(f"/trackback/{number}", data={"url": SOURCE})
        assert tracked(answer) == Tracked(1, "Nothing is known of this page.")
        assert stored.count(Post) == 1


def test_a_closed_post_takes_no_trackback(client: FlaskClient, post: int, stored: Stored) -> None:
    stored.change(Post, linkbacks_open=False)
    assert track(client, post, url=SOURCE) == Tracked(1, "This page does not take any more.")
    assert track(client, post, url="https://earlier.example/") == TAKEN


@on_sqlite
def test_other_requests_are_refused_in_xml_too(client: FlaskClient, post: int) -> None:
    got = client.get(f"/trackback/{post}?__mode=rss&url=https://a.example/")
    assert tracked(got, 405).error == 1
    assert got.headers["Allow"] == "POST"
    assert tracked(client.post(f"/trackback/{post}", json={"url": SOURCE})).error == 1
    assert tracked(client.post(f"/trackback/{post}", data="a" * (1024 * 1024 + 1), content_type=FORM), 413).error == 1


@on_sqlite
def test_answers_are_kept_nowhere_and_can_do_nothing(client: FlaskClient, post: int) -> None:
    for answer in (client.post(f"/trackback/{post}", data={"url": SOURCE}), client.post(f"/trackback/{post}")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
