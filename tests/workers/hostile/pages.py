"""The crowd: a table of pages, each with what must become of it. The lists of other rooms' tests are part of it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.support.web import Answer, Raw, Request, Web
from tests.workers import test_child, test_fetch_addresses, test_sources
from tests.workers.hostile import payloads
from tests.workers.test_fetch_answers import NOT_HTTP
from tests.workers.test_fetch_limits import DRIPS, ENDLESS, OK, ZERO, dripping, endless, silence

CANARIES = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.255.255.254", "[::1]")
"""Hosts that listen and are not open to the worker."""

PENDING = ""
"""Nothing is wrong: the link stands, and a person is to decide."""

Serve = Callable[[Web, str, str], str]
"""Puts the page on the web, on this host, against this post; its address."""


@dataclass(frozen=True)
class Hostile:
    """A page of the crowd."""

    name: str
    serve: Serve
    becomes: tuple[str, ...] = (PENDING,)
    """The reasons that it may fail with."""
    says: dict[str, str] = field(default_factory=dict)
    """What is stored of it, by the revision's column."""


def crowd() -> list[Hostile]:
    """All of them."""
    return [
        *_slow(), *_bodies(), *_lies(), *_statuses(), *_redirects(), *_inner_addresses(), *_charsets(), *_malformed(),
        *_json(), *_links(), *_scripts(),
    ]  # fmt: skip


def _slow() -> Iterator[Hostile]:
    for name, drip in DRIPS.items():
        yield Hostile(f"drips: {name}", _raw(dripping(*drip)), ("timeout",))
    yield Hostile("says nothing", lambda web, host, _: web.greets(silence, host=host), ("timeout",))
    yield Hostile("says nothing once asked", _raw(silence), ("timeout",))
    yield Hostile("answers in an hour", _page("<a href='{t}'>x</a>", delay=3600), ("timeout",))


def _bodies() -> Iterator[Hostile]:
    for name, parts in ENDLESS.items():
        yield Hostile(f"endless: {name}", _raw(endless(*parts)), ("malformed_answer", "no_link"))
    for name, head in {"no length": b"", "10 GiB": b"Content-Length: 10737418240\r\n"}.items():
        yield Hostile(f"endless body: {name}", _raw(endless(OK + head + b"\r\n", ZERO)), ("no_link",))
    for encoding, wbits in (("gzip", 31), ("deflate", 15), ("deflate", -15)):
        yield Hostile(f"bomb: {encoding} {wbits}", partial(_bomb, encoding, wbits, 1024))
    members = gzip.compress(b"") * 100_000
    yield Hostile("100,000 empty members", _page(members, headers={"Content-Encoding": "gzip"}), ("no_link", "timeout"))
    for encoding in ("gzip, gzip", ", ".join(["gzip"] * 200), "br", "zstd", "compress", "aes128gcm", "gzip"):
        headers = {"Content-Encoding": encoding}
        yield Hostile(
            f"encoding: {encoding[:20]}", _page("<a href='{t}'>x</a>", headers=headers), ("refused_encoding",)
        )
    for count in (101, 10_000):
        yield Hostile(f"{count} headers", _says(OK + b"X: y\r\n" * count + b"\r\nx"), ("malformed_answer",))
    for name, body in test_child.HOSTILE.items():
        filled = body[: 2 * 1024 * 1024].replace(test_child.TARGET.url, "{t}")
        yield Hostile(name, _page(filled), (PENDING, "too_heavy"))


def _lies() -> Iterator[Hostile]:
    for number, answer in enumerate(NOT_HTTP):
        yield Hostile(f"no HTTP: {number} {answer[:40]!r}", _says(answer), ("malformed_answer",))
    link = b"<a href='{t}'>x</a>"
    short = OK + b"Content-Length: 5\r\n\r\n"
    yield Hostile("a length that cuts the link", _says(short + link), ("no_link",))
    yield Hostile(
        "a length that lies beyond the end", _says(OK + b"Content-Length: 9999\r\n\r\n" + link), ("malformed_answer",)
    )
    yield Hostile(
        "chunks and a length",
        _says(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("no_link", "malformed_answer"),
    )
    yield Hostile("a second answer behind the first", _says(short + b"hello" + OK + b"\r\n" + link), ("no_link",))
    yield Hostile(
        "cookies, and a name of nothing",
        _says(OK + b"Set-Cookie: \xff=\xfe; x\r\n\xe9: \xe9\r\n\r\n" + link),
        (PENDING, "malformed_answer"),
    )


def _statuses() -> Iterator[Hostile]:
    reasons = {403: "forbidden", 404: "not_found", 410: "gone", 429: "rate_limited"}
    for status in (201, 202, 204, 206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 599, 600, 999):
        reason = reasons.get(status, "server_error" if 500 <= status < 600 else "http_status")
        yield Hostile(f"status {status}", _page("<a href='{t}'>x</a>", status=status), (reason,))
    far = {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}
    yield Hostile("503 until the year 9999", _page("", status=503, headers=far), ("server_error",))


def _redirects() -> Iterator[Hostile]:
    too_many = ("too_many_redirects",)
    yield Hostile("redirects to itself", lambda web, host, _: web.redirect("/", "/#x", host=host), too_many)
    yield Hostile("ping and pong", _ping_pong, too_many)
    yield Hostile("a chain without end", _growing("x"), too_many)
    yield Hostile("an address that grows", _growing("x" * 2000), ("too_many_redirects", "refused_redirect"))
    yield Hostile(
        "10 KB of Location",
        lambda web, host, _: web.redirect("/", "/?" + "x" * 10_000, host=host),
        ("refused_redirect",),
    )
    yield Hostile(
        "two Locations", _says(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n"), ("refused_redirect",)
    )
    for location in test_fetch_addresses.NOT_A_PAGE:
        yield Hostile(f"redirects to {location}", partial(_redirect, location), ("refused_redirect",))


def _inner_addresses() -> Iterator[Hostile]:
    for inner in (*test_fetch_addresses.PRIVATE, *test_fetch_addresses.NUMBERS):
        yield Hostile(f"redirects to {inner}", partial(_inner, inner), ("refused_address",))
        yield Hostile(
            f"stands on {inner}",
            lambda web, _host, _target, inner=inner: web.url("/stands", inner),
            ("refused_address",),
        )  # type: ignore[misc]
    for port in (22, 25, 6379):
        yield Hostile(f"redirects to port {port}", partial(_port, port), ("refused_port",))


TITLE = "Débat « été » 日本語 🦊"


def _charsets() -> Iterator[Hostile]:
    said = f"<title>{TITLE}</title><a href='{{t}}'>x</a>"
    for label in (
        "idna",
        "punycode",
        "unicode_escape",
        "zlib",
        "rot13",
        "utf-7",
        "undefined",
        "klingon",
        "base64",
        "'",
        "utf-8; charset=utf-7",
    ):
        kind = {"Content-Type": f"text/html; charset={label}"}
        yield Hostile(f"charset {label}", _page(said.encode(), headers=kind), says={"title": TITLE})
    for name, body in {
        "meta utf-7": b"<meta charset=utf-7>" + said.encode(),
        "a comment with a charset": b"<!-- <meta charset=shift_jis> -->" + said.encode(),
        "UTF-8 with its mark": b"\xef\xbb\xbf" + said.encode(),
    }.items():
        yield Hostile(name, _page(body, headers={"Content-Type": "text/html"}), says={"title": TITLE})
    yield Hostile(
        "utf-7 script",
        _page(b"+ADw-a href=+ACI-{t}+ACIAPg-x+ADw-/a+AD4-", headers={"Content-Type": "text/html; charset=utf-7"}),
        ("no_link",),
    )
    yield Hostile(
        "iso-2022-kr",
        _page(b"<title>x</title><a href='{t}'>x</a>", headers={"Content-Type": "text/html; charset=iso-2022-kr"}),
        says={"title": "x"},
    )
    yield Hostile("surrogates and NUL", _page(b"<title>a&#xD800;b\0c&#0;d\xed\xa0\x80</title><a href='{t}'>x</a>"))


def _malformed() -> Iterator[Hostile]:
    link = "<a href='{t}'>x</a>"
    for name, body in {
        "nothing closed": f"<html><head><title>x</title><body><table><tr><td><p><b><i><form><select><option>{link}",
        "closed by what was never opened": "</div></p></td></html></body></a></b>" * 200 + link,
        "tags in tags": f"<div <p <a title='<b>' >{link}",
        "100,000 comments": "<!---->" * 100_000 + link,
        "formatting without end": "<b><i><u><s><a>" * 2000 + link,
        "200 nested entries": "<div class=h-entry>" * 200 + link,
        "half a date, half a card": "<div class=h-entry><time class=dt-published datetime='2026-99-99T'>x</time>"
        "<time class='value-title' title>"
        f"<div class='p-author h-card'><div class='p-author h-card'></div></div>{link}</div>",
        "a base of nonsense": "<base href='http://[/'><base href='javascript:x'>" + link,
        "bidi, zalgo, tags and 100,000 letters": "<title>\u202e\u2066Z"
        + "\u0335" * 500
        + "\U000e0041"
        + "n" * 100_000
        + f"</title>{link}",
        "every date that is none": "".join(
            f"<time class=dt-published datetime='{day}'></time>"
            for day in ("0000-00-00", "9999-12-31", "2011-10-14T25:99:61+99:99", "-1", "1e9")
        )
        + link,
    }.items():
        yield Hostile(name, _page(body))


def _json() -> Iterator[Hostile]:
    kind = {"Content-Type": "application/json"}
    wrong: list[object] = [None, True, 1, 1e308, "", [], {}, [[]], [{}], [None], "{t}", {"value": 7}, {"html": []}]
    names = ("name", "url", "photo", "content", "summary", "author", "published", "in-reply-to", "rsvp", "like-of")
    typed = [{"type": ["h-entry", 1], "properties": dict.fromkeys(names, value), "children": value} for value in wrong]
    for name, body, becomes in (
        ("200,000 deep", "[" * 200_000, ("too_heavy", "malformed_answer")),
        ("200,000 objects deep", '{"a":' * 200_000, ("too_heavy", "malformed_answer")),
        ("a number of 100,000 digits", f'{{"a": {"9" * 100_000}, "b": "{{t}}"}}', (PENDING,)),
        ("NaN, Infinity, the same key twice", '{"a": NaN, "a": -Infinity, "a": "{t}", "a": "{t}"}', (PENDING,)),
        ("cut", '{"a": "{t}"', ("malformed_answer",)),
        ("not JSON", "<a href='{t}'>x</a>", ("malformed_answer",)),
        ("lone surrogates and NUL", '{"type": "entry", "name": "\\ud800\\u0000x", "in-reply-to": "{t}"}', (PENDING,)),
        ("every type in every field", json.dumps({"items": [*wrong, *typed]}), (PENDING,)),
        (
            "every type in every field of jf2",
            json.dumps(
                {
                    "type": "feed",
                    "children": [*wrong, *({"type": "entry", **dict.fromkeys(names, value)} for value in wrong)],
                }
            ),
            (PENDING,),
        ),
        (
            "a million items",
            json.dumps({"items": [{"type": ["h-entry"], "properties": {}}] * 40_000 + ["{t}"]}),
            (PENDING,),
        ),
    ):
        yield Hostile(f"JSON: {name}", _page(body, headers=kind), becomes)
    for media in (
        "application/pdf",
        "image/png",
        "application/atom+xml",
        "video/mp4",
        "text/css",
        "a/b" * 5000,
        "html",
    ):
        yield Hostile(
            f"type {media[:20]}", _page("<a href='{t}'>x</a>", headers={"Content-Type": media}), ("unsupported_type",)
        )


def _links() -> Iterator[Hostile]:
    for markup in test_sources.LINKS:
        yield Hostile(f"a link: {markup}", _page(markup))
    for markup in test_sources.NO_LINKS:
        yield Hostile(f"no link: {markup}", _page(markup), ("no_link",))


def _scripts() -> Iterator[Hostile]:
    for number, payload in enumerate(payloads.PAYLOADS):
        yield Hostile(f"script {number} in HTML", _page(payloads.html(payload)))
        yield Hostile(
            f"script {number} in JSON", _page(payloads.mf2(payload), headers={"Content-Type": "application/mf2+json"})
        )
    for payload in payloads.PAYLOADS[::9]:
        yield Hostile(
            f"script in text: {payload}", _page(payloads.text(payload), headers={"Content-Type": "text/plain"})
        )


# how they are served


def _fill(body: str | bytes, web: Web, target: str) -> str | bytes:
    if isinstance(body, bytes):
        return body.replace(b"{t}", target.encode())
    canary = f"{CANARIES[0]}:{web.port}"
    return body.replace("{t}", target).replace("{port}", str(web.port)).replace("{c}", canary)


def _page(body: str | bytes, **answer: object) -> Serve:
    return lambda web, host, target: web.page("/", _fill(body, web, target), host=host, **answer)  # type: ignore[arg-type]


def _raw(handler: Raw) -> Serve:
    return lambda web, host, _target: web.raw(handler, host=host)


def _says(answer: bytes) -> Serve:
    return lambda web, host, target: web.says(answer.replace(b"{t}", target.encode()), host=host)


def _bomb(encoding: str, wbits: int, mebibytes: int, web: Web, host: str, target: str) -> str:
    """The link, and then zeros: the same compressed mebibyte again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first = packer.compress(f"<a href='{target}'>first</a>".encode()) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return web.page("/", first + again * mebibytes, host=host, headers={"Content-Encoding": encoding})


def _redirect(location: str, web: Web, host: str, _target: str) -> str:
    return web.redirect("/", location, host=host)


def _inner(inner: str, web: Web, host: str, _target: str) -> str:
    return web.redirect("/", web.url(host=inner), host=host)


def _port(port: int, web: Web, host: str, _target: str) -> str:
    return web.redirect("/", f"http://{host}:{port}/", host=host)


def _ping_pong(web: Web, host: str, _target: str) -> str:
    web.redirect("/pong", "/", host=host)
    return web.redirect("/", "/pong", host=host)


def _growing(by: str) -> Serve:
    def grow(request: Request) -> Answer:
        return Answer(status=302, headers={"Location": request.path + by})

    return lambda web, host, _target: web.answers("/", grow, host=host) + "?q="
