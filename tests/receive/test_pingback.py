"""The pingback endpoint: Pingback 1.0, and XML-RPC as its senders write it."""

from __future__ import annotations

import time
import xmlrpc.client
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.model import Post, Reflection, Rule
from service.model.engine import writing
from service.values.state import State
from tests.receive.senders import SOURCE, TARGET, Stored, call, mention, on_sqlite, outcome, ping
from tests.support.service import KnownSite, MakeSite

BY_WORDPRESS = Path(__file__).parents[1] / "data" / "wordpress-pingback.http"


def post(client: FlaskClient, body: str | bytes, kind: str | None = "text/xml") -> Any:
    return outcome(client.post("/pingback", data=body, content_type=kind))


def written(source: str, target: str, head: str = '<?xml version="1.0"?>', method: str = "pingback.ping") -> str:
    """A call, its two parameters as they are given."""
    parameters = "".join(f"<param><value>{value}</value></param>" for value in (source, target))
    return f"{head}<methodCall><methodName>{method}</methodName><params>{parameters}</params></methodCall>"


def strings(source: str = SOURCE, target: str = TARGET) -> tuple[str, str]:
    return f"<string>{source}</string>", f"<string>{target}</string>"


def test_a_new_ping_succeeds_at_once_and_says_where_to_look(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    said = ping(client)
    item = stored.item()
    assert said == f"The pingback is queued: http://127.0.0.1:8000/webmention/{item.uid}"
    assert (item.kind, item.state, item.source, item.due_at) == ("pingback", State.RECEIVED, SOURCE, item.received)


def test_a_second_ping_is_known_already_and_looked_at_again(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    ping(client)
    assert ping(client) == 48
    stored.becomes(State.PENDING)
    assert ping(client) == 48
    item = stored.item()
    assert item.state is State.PENDING
    assert item.due_at is not None
    assert item.attempts == 0


def test_what_wordpress_sends_is_taken_byte_for_byte(client: FlaskClient, make_site: MakeSite, stored: Stored) -> None:
    head, _, body = BY_WORDPRESS.read_bytes().partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = [(name, value) for name, _, value in lines if name not in ("Host", "Content-Length")]
    make_site("http://127.0.0.2:42419/")
    answer = client.post("/pingback", data=body, headers=headers)
    assert "/webmention/" in outcome(answer)
    assert answer.data.startswith(b"<?xml"), "WordPress wants the declaration among the first hundred bytes"
    assert stored.item().source == "http://127.0.0.1:59441/2026/11/debat-2-0-oui/"
    (arrival,) = stored.arrivals()
    assert arrival.target == "http://127.0.0.2:42419/2011/10/debat-2-0?p=1&lang=fr"


PECULIAR = {
    "typeless": written(SOURCE, TARGET),
    "white space in the string": written(*strings(f"\n  {SOURCE}\r\n", f"\t{TARGET} ")),
    "white space round the string": written(f"\n<string>{SOURCE}</string>\n", f" <string>{TARGET}</string> "),
    "CDATA": written(*strings(f"<![CDATA[{SOURCE}]]>", f"<![CDATA[{TARGET}]]>")),
    "numeric entities": written(*strings(SOURCE.replace("/", "&#47;"), TARGET.replace("/", "&#x2f;"))),
    "no declaration": written(*strings(), head=""),
    "white space before the declaration": "\n\n" + written(*strings()),
    "a comment": written(*strings(), head="<!-- hello -->"),
    "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + written(*strings()).encode(),
    "UTF-8 declared": written(*strings(), head='<?xml version="1.0" encoding="UTF-8"?>'),
    "Latin 1 declared": written(*strings(), head='<?xml version="1.0" encoding="iso-8859-1"?>').encode("latin-1"),
    "Windows 1252 declared": written(*strings(), head='<?xml version="1.0" encoding="windows-1252"?>'),
    "UTF-16": written(*strings(), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
    "big-endian UTF-16": b"\xfe\xff" + written(*strings(), head="").encode("utf-16-be"),
}


@on_sqlite
@pytest.mark.parametrize("body", PECULIAR.values(), ids=PECULIAR.keys())
def test_calls_are_read_as_their_senders_write_them(
    client: FlaskClient, site: KnownSite, stored: Stored, body: str | bytes
) -> None:
    assert "/webmention/" in post(client, body)
    assert stored.item().source == SOURCE
    assert stored.arrivals()[0].target == TARGET


@on_sqlite
@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/xml; charset=UTF-8", "text/plain", None, ""])
def test_the_type_of_the_body_does_not_matter(client: FlaskClient, site: KnownSite, kind: str | None) -> None:
    assert "/webmention/" in post(client, written(*strings()), kind)


@on_sqlite
def test_an_address_escaped_once_or_twice_is_one_page(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for target in ("?p=1&amp;lang=fr", "?p=1&amp;amp;lang=fr"):
        post(client, written(*strings(SOURCE + "?a=1&amp;amp;b=2", TARGET + target)))
    assert stored.item().source == SOURCE + "?a=1&b=2"
    assert [arrival.target for arrival in stored.arrivals()] == [TARGET + "?p=1&lang=fr"]


BROKEN = {
    "nothing": b"",
    "words": b"hello",
    "JSON": b'{"methodName": "pingback.ping"}',
    "a form": b"source=https%3A%2F%2Fa.example%2F&target=x",
    "cut short": written(*strings()).encode()[:-20],
    "a document type": written(*strings(), head='<?xml version="1.0"?><!DOCTYPE methodCall>').encode(),
    "two roots": written(*strings()).encode() * 2,
    "bad UTF-8": written(*strings("https://a.example/\u00ff")).encode("latin-1"),
    "a NUL": written(*strings("https://a.example/\x00")).encode(),
    "a NUL entity": written(*strings("https://a.example/&#0;")).encode(),
    "an unknown entity": written(*strings("https://a.example/&eacute;")).encode(),
    "UTF-7 declared": written(*strings(), head='<?xml version="1.0" encoding="utf-7"?>').encode(),
    "a made-up encoding": written(*strings(), head='<?xml version="1.0" encoding="klingon"?>').encode(),
    "an encoding that is none": written(*strings(), head='<?xml version="1.0" encoding="zlib"?>').encode(),
    "UTF-16 declared, not meant": written(*strings(), head='<?xml version="1.0" encoding="utf-16"?>').encode(),
    "30,000 elements": ("<methodCall>" + "<a/>" * 30_000 + "</methodCall>").encode(),
    "nested 20,000 deep": b"<methodCall><params><param>" + b"<value><array><data>" * 20_000,
    "nested 100,000 deep": b"<a>" * 100_000 + b"</a>" * 100_000,
}


@on_sqlite
def test_what_is_not_well_formed_is_a_fault(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for name, body in BROKEN.items():
        for kind in ("text/xml", "application/x-www-form-urlencoded"):
            began = time.monotonic()
            assert post(client, body, kind) == -32700, name
            assert time.monotonic() - began < 1, name
    assert stored.count(Post) == stored.count(Reflection) == 0


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    + "]>"
)


@on_sqlite
@pytest.mark.parametrize(
    "head",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE methodCall [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE methodCall SYSTEM "http://127.0.0.1:9/canary">',
        "<!DOCTYPE methodCall>",
    ],
)
def test_a_document_type_is_not_even_read(client: FlaskClient, site: KnownSite, stored: Stored, head: str) -> None:
    answer = client.post("/pingback", data=written(*strings("https://a.example/&l9;"), head=head))
    assert outcome(answer) == -32700
    assert "DTD not allowed" in answer.text
    assert "root:" not in answer.text
    assert stored.count(Reflection) == 0


@on_sqlite
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<rss><channel/></rss>", -32600),
        ("<methodResponse/>", -32600),
        ("<methodCall/>", -32600),
        ("<methodCall><methodName> </methodName></methodCall>", -32600),
        (written(*strings(), method="wp.getUsersBlogs"), -32601),
        (written(*strings(), method="system.multicall"), -32601),
        (written(*strings(), method="\n pingback.ping "), None),
    ],
)  # fmt: skip
def test_what_is_no_call_of_ours_is_a_fault(client: FlaskClient, site: KnownSite, body: str, fault: int | None) -> None:
    assert post(client, body) == fault or fault is None


@on_sqlite
def test_parameters_are_two_strings(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for parameters in [
        (),
        (SOURCE,),
        (SOURCE, TARGET, TARGET),
        (1, TARGET),
        (SOURCE, [TARGET]),
        (SOURCE, {"target": TARGET}),
        (SOURCE, True),
        (1.5, TARGET),
        (SOURCE, xmlrpc.client.Binary(TARGET.encode())),
        (xmlrpc.client.DateTime(0), TARGET),
    ]:
        body = xmlrpc.client.dumps(parameters, "pingback.ping")
        answer = client.post("/pingback", data=body)
        assert outcome(answer) == -32602
        assert "sourceURI, targetURI" in answer.text
        assert stored.count(Reflection) == 0


@on_sqlite
def test_no_number_is_ever_made_of_a_parameter(client: FlaskClient, site: KnownSite) -> None:
    for value in [
        "<nil/>",
        f"<int>{'9' * 100_000}</int>",
        "<double>1e999</double>",
        "<double>NaN</double>",
        "<string><b/></string>",
        f"<string>{SOURCE}</string><string>{SOURCE}</string>",
        "<ex:nil xmlns:ex='urn:ex'/>",
    ]:
        assert post(client, written(value, strings()[1])) == -32602


@on_sqlite
def test_addresses_that_are_not_taken_are_faults(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for source, target, fault in [
        ("file:///etc/passwd", TARGET, 16),
        ("gopher://a.example/1", TARGET, 16),
        ("ftp://a.example/", TARGET, 16),
        ("javascript:alert(1)", TARGET, 16),
        ("data:text/html,x", TARGET, 16),
        ("", TARGET, 16),
        ("<script>alert(1)</script>", TARGET, 16),
        (SOURCE, "nothing", 33),
        (SOURCE, "https://elsewhere.example/", 33),
        (TARGET + "#part", TARGET, 0),
        (SOURCE + "x" * 2048, TARGET, 0),
    ]:
        answer = client.post("/pingback", data=xmlrpc.client.dumps((source, target), "pingback.ping"))
        assert outcome(answer) == fault
        assert "script" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert stored.count(Post) == stored.count(Reflection) == 0


def test_a_closed_post_or_site_cannot_be_pinged(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    assert "/webmention/" in ping(client)
    stored.change(Post, linkbacks_open=False)
    assert ping(client, SOURCE + "/2") == 33
    assert ping(client) == 48, "else nothing could be withdrawn"
    assert stored.count(Reflection) == 1


def test_a_blocked_host_is_denied(client: FlaskClient, site: KnownSite, engine: Engine, stored: Stored) -> None:
    with writing(engine) as session:
        for kind, verdict, host in [("host", "refuse", "spam.example"), ("host", "spam", "sandra.example")]:
            session.add(Rule(site_id=site.id, kind=kind, value=host, verdict=verdict, created=datetime.now(UTC)))
    assert ping(client, "https://www.spam.example/x") == 49
    assert mention(client, "https://spam.example/x").text == "The site does not take anything from this source.\n"
    assert stored.count(Post) == 0
    assert "/webmention/" in ping(client)


@pytest.mark.parametrize(
    ("reason", "fault", "said"),
    [
        ("no_link", 17, "The source does not link to the target."),
        ("unreachable", 16, "The source could not be fetched or read."),
        ("refused_address", 16, "The source could not be fetched or read."),
        ("http_status", 16, "The source could not be fetched or read."),
        ("no_such_post", 32, "The page that is linked to does not exist."),
    ],
)
def test_who_failed_within_the_hour_is_told_so_and_looked_at_again(
    client: FlaskClient, site: KnownSite, stored: Stored, reason: str, fault: int, said: str
) -> None:
    ping(client)
    stored.becomes(State.FAILED, reason=reason, ago=timedelta(minutes=50))
    answer = client.post("/pingback", data=xmlrpc.client.dumps((SOURCE, TARGET), "pingback.ping"))
    assert outcome(answer) == fault
    assert said in answer.text
    item = stored.item()
    assert (item.state, item.attempts) == (State.RECEIVED, 0)
    assert item.due_at is not None
    assert ping(client) == fault, "nothing better is known yet"
    stored.becomes(State.PENDING)
    assert ping(client) == 48


def test_a_failure_is_forgotten_after_an_hour(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    ping(client)
    stored.becomes(State.FAILED, reason="no_link", ago=timedelta(minutes=61))
    assert ping(client) == 48
    assert stored.item().state is State.RECEIVED


def test_a_post_that_is_known_not_to_exist_does_not_exist(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    ping(client)
    stored.change(Post, exists=False, looked_at=datetime.now(UTC), due_at=None)
    assert ping(client, SOURCE + "/2") == 32
    assert call(client, "pingback.extensions.getPingbacks", TARGET) == 32
    assert stored.count(Reflection) == 1
    stored.change(Post, looked_at=datetime.now(UTC) - timedelta(minutes=6))
    assert "/webmention/" in ping(client, SOURCE + "/2")
    assert call(client, "pingback.extensions.getPingbacks", TARGET) == []
    (post,) = stored.posts()
    assert (post.exists, post.looked_at) == (None, None)
    assert post.due_at is not None, "it may be there now"


@on_sqlite
def test_other_methods_are_told_in_the_words_of_wordpress(client: FlaskClient) -> None:
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]:
        answer = client.open("/pingback", method=method, headers={"Origin": "https://a.example"})
        assert (answer.status_code, answer.headers["Allow"], answer.mimetype) == (405, "POST", "text/plain")
        assert answer.text == ("" if method == "HEAD" else "XML-RPC server accepts POST requests only.")
        assert not any(name.startswith("Access-Control") for name in dict(answer.headers))


@on_sqlite
def test_a_body_that_is_too_large_is_no_call(client: FlaskClient) -> None:
    answer = client.post("/pingback", data=b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.text) == (413, "The request is too large.")


@on_sqlite
def test_the_methods_are_listed(client: FlaskClient) -> None:
    assert call(client, "system.listMethods") == [
        "pingback.extensions.getPingbacks",
        "pingback.ping",
        "system.getCapabilities",
        "system.listMethods",
    ]
    capabilities = call(client, "system.getCapabilities")
    assert capabilities["faults_interop"]["specVersion"] == 20010516
    assert call(client, "system.listMethods", "x") == -32602


def test_only_approved_pingbacks_are_listed(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    ping(client)
    for state in (State.RECEIVED, State.PENDING, State.APPROVED, State.REJECTED, State.SPAM):
        stored.change(Reflection, state=state)
        listed = call(client, "pingback.extensions.getPingbacks", TARGET + "#top")
        assert listed == ([SOURCE] if state is State.APPROVED else [])
    stored.change(Reflection, state=State.APPROVED)
    mention(client, SOURCE + "/by-webmention")
    stored.change(Reflection, state=State.APPROVED)
    assert call(client, "pingback.extensions.getPingbacks", TARGET) == [SOURCE]


def test_there_is_no_list_for_a_page_of_nobody(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for target, fault in [
        ("https://elsewhere.example/", 33),
        ("https://blog.example/never-named", 32),
        ("nothing", 33),
        (5, -32602),
    ]:
        assert call(client, "pingback.extensions.getPingbacks", target) == fault
        assert stored.count(Post) == 0


@on_sqlite
def test_answers_are_kept_nowhere_and_can_do_nothing(client: FlaskClient, site: KnownSite) -> None:
    for body in (written(*strings()), "hello"):
        answer = client.post("/pingback", data=body)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        assert "Set-Cookie" not in answer.headers
