"""The targets: each takes bytes as a stranger sends them, and fails where anything comes of them but what may."""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import fromstring

from service.receive import xmlrpc
from service.values.address import (
    LONGEST,
    BadAddress,
    parse,
    post_key,
    same_page,
    shown,
    untracked,
)
from service.values.page import Failure, Limits, Page
from service.values.reason import Refused
from tests.support.fetching import Opened, fetcher
from workers.fetch import Fetcher
from workers.reading import crossing, links, prefilter, read

SOURCE = parse("https://src.example/a/b")
TARGET = parse("https://blog.example/post")
HOST = parse("https://blog.example/")

TYPES = (
    "text/html",
    "text/html; charset=utf-8",
    "text/html; charset=shift_jis",
    "application/xhtml+xml",
    "application/json",
    "application/jf2+json",
    "text/plain",
    "",
)
"""The first byte of a page that is read says which of these it claims to be."""

LARGEST_EVIDENCE = 16 * 1024


@dataclass(frozen=True)
class Target:
    """What is done with the bytes, and words that the fuzzer may put into them."""

    run: Callable[[bytes], None]
    words: tuple[str, ...]


def address(data: bytes) -> None:
    """A line is an address, the next a reference on it."""
    given, _, reference = data.decode("utf-8", "surrogateescape").partition("\n")
    with contextlib.suppress(BadAddress):
        here = parse(given)
        assert len(here.url) <= LONGEST and parse(here.url) == here
        assert here.request_target.startswith("/") and here.page.isascii() and here.page.isprintable()
        assert same_page(here, parse(here.page, longest=None)) and post_key(here) == post_key(untracked(here))
        assert here.domain and shown(here)
        assert not here.literal or here.domain == here.host
        there = here.join(reference)
        if there is not None:
            assert there.scheme in ("http", "https") and parse(there.url, longest=None) == there


def answer(data: bytes) -> None:
    """What a server says, head and body, as the whole fetch takes it."""
    server = _server()
    server.says = data
    found = server.fetcher.fetch(server.address, Limits(seconds=5, bytes=4096, redirects=0))
    assert isinstance(found, Failure) or (isinstance(found, Page) and len(found.body) <= 4096)
    if isinstance(found, Failure):
        assert found.reason.code not in ("timeout", "unreachable", "refused_address"), found
        assert found.retry_after is None or 0 <= found.retry_after <= 3600
    else:
        assert found.content_type == found.content_type.strip().lower() and found.charset != ""
        assert all(each is None or each.isprintable() for each in (found.validators.etag, found.validators.modified))


def page(data: bytes) -> None:
    """A page of a type: read, as the child does, and handed over, as the child's words are."""
    kind = TYPES[data[0] % len(TYPES)] if data else ""
    given = Page(SOURCE, SOURCE, {"content-type": kind}, data[1:])
    found = read(given, [TARGET])
    said = json.dumps(crossing.message(found), ensure_ascii=False).encode("utf-8", "replace")
    assert len(said) <= crossing.LARGEST_ANSWER
    heard = crossing.found_in(json.loads(said), given)
    assert type(heard) is type(found)
    if isinstance(found, Failure) or isinstance(heard, Failure):
        assert isinstance(heard, Failure) and isinstance(found, Failure) and heard.reason.code == found.reason.code
        return
    assert heard.evidence == found.evidence and found.evidence.links
    assert len(json.dumps(found.evidence.as_json()).encode()) <= LARGEST_EVIDENCE
    entry = heard.entry
    assert (entry.title, entry.author, entry.text) == (found.entry.title, found.entry.author, found.entry.text)
    for url in (entry.url, entry.author.url, entry.author.photo):
        assert url is None or parse(url).url == url
    assert "\0" not in entry.text + entry.title + entry.content.markup


def scan(data: bytes) -> None:
    """Markup: the link test, and the prefilter, which may be wrong in one direction alone."""
    markup = data.decode("utf-8", "replace")
    for targets in ([TARGET], [HOST], [TARGET, HOST]):
        seen = links.scan(markup, SOURCE, targets)
        assert len(seen.links) == min(seen.count, links.MOST_LINKS) and seen.count <= seen.elements
        assert not (seen.count and prefilter.absent(markup, SOURCE, targets)), "passed over"
        assert not seen.gone or links.may_say_gone(markup), "gone, and nobody looked"


def call(data: bytes) -> None:
    """The body of an XML-RPC call, and a fault that repeats what it said."""
    try:
        called = xmlrpc.read(data)
    except Refused as refused:
        assert refused.reason.code in ("malformed_call", "dtd", "not_a_call")
        return
    assert called.method
    fromstring(xmlrpc.answer(xmlrpc.Fault(0, called.method)))
    fromstring(xmlrpc.answer([words for words in called.parameters if words is not None]))


_TAGS = (
    "<a href='", "https://blog.example/post", "//blog.example/", "../", "<base href='", "<template>", "</template>",
    "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<svg>", "<title>", "<noscript>", "<link rel=canonical",
    "<meta http-equiv=status content='410 Gone'>", "&#104;", "&colon;", "&sol;", "&Tab;", "%70ost", " hidden",
    " style='display:none'", "<img src='", "<blockquote cite='", "</a>", "xn--", "<plaintext>", "\\\\", "\u2488",
)  # fmt: skip
_ENTRIES = (
    "h-entry", "hentry", "h-card", "h-feed", "p-name", "p-author", "u-url", "u-photo", "u-in-reply-to", "u-like-of",
    "e-content", "dt-published", "p-rsvp", "p-summary", "h-cite", "<time datetime='", "2026-11-24T07:00:00+01:00",
    '{"items": [', '"properties": {', '"type": ["h-entry"]', '"type": "entry"', '"content": {"html": "', '"value": "',
    '"children": [', "rel=author", "property='og:title'", "<br>", "value-title",
)  # fmt: skip

TARGETS = {
    "address": Target(
        address,
        ("http://", "https://", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "%2e", "%2F", "@", ":443", ":80", "xn--",
         "\u2488", "\uff0e", "\u00df", "utm_source=", "?", "#", "..", "//", "\\", "co.uk", "127.0.0.1"),
    ),
    "answer": Target(
        answer,
        ("HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.0 302 Found\r\n", "Content-Length: ",
         "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n", "Content-Encoding: deflate\r\n", "\r\n\r\n",
         "Content-Type: text/html; charset=", "Location: ", "Retry-After: ", "ETag: ", "Last-Modified: ",
         "0\r\n\r\n", "\x1f\x8b\x08", "x\x9c", "HTTP/1.1 429 \r\n", "Tue, 24 Nov 2026 12:01:30 GMT"),
    ),
    "call": Target(
        call,
        ("<methodCall>", "<methodName>", "pingback.ping", "<params>", "<param>", "<value>", "<string>", "<array>",
         "<data>", "<!DOCTYPE", "<!ENTITY", "<?xml version='1.0' encoding='", "utf-16", "utf-7", "utf-32", "idna",
         "cp037", "<![CDATA[", "&#0;", "&#xFFFE;", "</methodName>", "</methodCall>", "xmlns:"),
    ),
    "page": Target(page, _TAGS + _ENTRIES),
    "scan": Target(scan, _TAGS),
}  # fmt: skip


class _Server:
    """A server that gives each visitor the same bytes and hangs up."""

    def __init__(self) -> None:
        self.says = b""
        self._listening = socket.create_server(("127.0.0.2", 0))
        port = self._listening.getsockname()[1]
        self.address = parse(f"http://127.0.0.2:{port}/")
        self.fetcher: Fetcher = fetcher(Opened.of("127.0.0.2/32", port))
        threading.Thread(target=self._serve, name="fuzz", daemon=True).start()

    def _serve(self) -> None:
        while True:
            visitor, _ = self._listening.accept()
            with visitor, contextlib.suppress(OSError):
                visitor.recv(65536)
                visitor.sendall(self.says)


@functools.cache
def _server() -> _Server:
    return _Server()
