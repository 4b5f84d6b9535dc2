"""The demo blog sends as any sender does: it reads the target's page, finds the endpoint there, and tells it."""

from __future__ import annotations

import xmlrpc.client
from urllib.parse import parse_qs

import pytest

from service.demo.blog.discover import Protocol, endpoint
from service.demo.blog.send import send
from tests.demo.conftest import Blog
from tests.support.web import Answer, Web

FOUND = {
    "a header": ("webmention", {"Link": '</there>; rel="webmention"'}, "", "Link:"),
    "a header among others": (
        "webmention",
        {"Link": '</style>; rel="style", </there>; foo=bar; rel=webmention'},
        "",
        "Link:",
    ),
    "a header of several relations": ("webmention", {"link": '</there>; rel="me WebMention"'}, "", "Link:"),
    "a link": ("webmention", {}, '<link rel="webmention" href="/there">', "<link>"),
    "an anchor": ("webmention", {}, '<p><a class=x REL="webmention" href="/there">tell</a>', "<a>"),
    "the header before the link": (
        "webmention",
        {"Link": '</there>; rel="webmention"'},
        '<link rel="webmention" href="/elsewhere">',
        "Link:",
    ),
    "the first of two": (
        "webmention",
        {},
        '<a rel="webmention" href="/there"><link rel="webmention" href="/2">',
        "<a>",
    ),
    "a comment says nothing": (
        "webmention",
        {},
        '<!-- <link rel="webmention" href="/no"> --><link rel="webmention" href="/there">',
        "<link>",
    ),
    "a pingback header": ("pingback", {"X-Pingback": "/there"}, '<link rel="pingback" href="/no">', "X-Pingback:"),
    "a pingback link": ("pingback", {}, '<link rel="pingback" href="/there" />', "<link>"),
}


@pytest.mark.parametrize("case", FOUND)
def test_an_endpoint_is_found(web: Web, case: str) -> None:
    protocol, headers, body, where = FOUND[case]
    page = web.page("/post", body, headers=headers)
    found = endpoint(page, protocol)  # type: ignore[arg-type]
    assert found is not None
    assert (found.url, found.found) == (web.url("/there"), where)


@pytest.mark.parametrize("protocol", ["webmention", "pingback"])
def test_a_page_without_an_endpoint_is_left_alone(web: Web, protocol: Protocol) -> None:
    page = web.page("/post", '<a rel="webmentions" href="/no">')
    sent = send(protocol, web.url("/source"), page)
    assert (sent.taken, sent.endpoint) == (False, "")
    assert [request.method for request in web.requests()] == ["GET"]


def test_the_button_sends_a_webmention(blog: Blog, web: Web) -> None:
    status = web.url("/webmention/abc")
    taken = Answer('{"status": "received", "summary": "It is taken."}', 201, {"Location": status})
    web.answers("/webmention", lambda _request: taken)
    path = blog.write().headers["Location"]
    (request,) = web.requests(web.url("/webmention"))
    assert parse_qs(request.body.decode()) == {"source": [blog.url + path], "target": [blog.open]}
    page = blog.ask(path).text
    assert "A webmention was sent, and taken." in page
    assert "It is taken." in page
    assert status in page
    assert f'<a class="u-in-reply-to" href="{blog.open}"' in page
    assert f'href="{blog.service}/admin/"' in page


def test_the_other_button_sends_a_pingback(blog: Blog, web: Web) -> None:
    web.answers("/pingback", lambda _request: Answer(xmlrpc.client.dumps(("Thanks.",), methodresponse=True)))
    path = blog.write(protocol="pingback").headers["Location"]
    (request,) = web.requests(web.url("/pingback"))
    assert xmlrpc.client.loads(request.body.decode()) == ((blog.url + path, blog.open), "pingback.ping")
    assert "A pingback was sent, and taken." in blog.ask(path).text


def test_a_known_pair_counts_as_taken_and_says_so(blog: Blog, web: Web) -> None:
    fault = xmlrpc.client.dumps(xmlrpc.client.Fault(48, "Known already."), methodresponse=True)
    web.answers("/pingback", lambda _request: Answer(fault))
    page = blog.ask(blog.write(protocol="pingback").headers["Location"]).text
    assert "taken" in page and "fault 48" in page and "Known already." in page


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("The target is closed.", 400), "The target is closed."),
        (Answer('{"error": "<b>Too many.</b>"}', 429), "&lt;b&gt;Too many.&lt;/b&gt;"),
        (Answer("", 500), "did not take it"),
    ],
)
def test_a_refusal_is_shown_in_the_services_words(blog: Blog, web: Web, answer: Answer, said: str) -> None:
    web.answers("/webmention", lambda _request: answer)
    page = blog.ask(blog.write().headers["Location"]).text
    assert "The service did not take it." in page
    assert said in page


@pytest.mark.parametrize("body", ["<not xml", "<html></html>", ""])
def test_an_answer_that_is_no_xmlrpc_is_a_refusal(blog: Blog, web: Web, body: str) -> None:
    web.answers("/pingback", lambda _request: Answer(body))
    assert "The service did not take it." in blog.ask(blog.write(protocol="pingback").headers["Location"]).text


def test_a_service_that_hangs_up_loses_no_words(blog: Blog, web: Web) -> None:
    web.says(b"")
    page = blog.ask(blog.write(text="Kept all the same.").headers["Location"]).text
    assert "The service did not take it." in page
    assert "Kept all the same." in page


def test_a_post_may_be_sent_again_and_its_deletion_is_told(blog: Blog, web: Web) -> None:
    web.answers("/webmention", lambda _request: Answer("", 201))
    path = blog.write().headers["Location"]
    assert blog.ask(path, {"protocol": "webmention"}).headers["Location"] == path
    blog.ask(path, {"delete": "1"})
    sources = [parse_qs(request.body.decode())["source"] for request in web.requests(web.url("/webmention"))]
    assert sources == [[blog.url + path]] * 3
