"""The webmention endpoint: what it takes, what it refuses, and in which words (W3C Webmention 3.2)."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from service.model import Arrival, Post, Reflection
from service.values.state import State
from tests.receive.senders import BROWSER, SOURCE, TARGET, Stored, mention, on_sqlite
from tests.support.service import KnownSite

FORM = "application/x-www-form-urlencoded"


def test_a_webmention_is_taken_and_due_before_the_answer(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    answer = mention(client)
    assert answer.status_code == 201
    item = stored.item()
    assert answer.headers["Location"] == f"http://127.0.0.1:8000/webmention/{item.uid}"
    assert (item.site_id, item.kind, item.state) == (site.id, "webmention", State.RECEIVED)
    assert (item.source, item.host) == (SOURCE, "sandra.example")
    assert item.due_at == item.received
    (post,) = stored.posts()
    assert (post.url, post.due_at) == (TARGET, item.due_at), "a new post is looked at first"


def test_the_same_pair_is_the_same_item_however_often_it_comes(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    first, second, third = (
        mention(client),
        mention(client),
        mention(client, SOURCE + "#part", TARGET + "/?utm_source=x"),
    )
    assert [answer.status_code for answer in (first, second, third)] == [201, 201, 201]
    assert len({answer.headers["Location"] for answer in (first, second, third)}) == 1
    assert stored.count(Reflection) == 1
    assert [arrival.target for arrival in stored.arrivals()] == [TARGET, TARGET + "/?utm_source=x"]


@on_sqlite
def test_the_form_type_may_name_a_charset(client: FlaskClient, site: KnownSite) -> None:
    body = urlencode({"source": SOURCE, "target": TARGET})
    for kind in (FORM, f"{FORM}; charset=UTF-8", f"{FORM};charset=utf-8", FORM.upper()):
        assert client.post("/webmention", data=body, content_type=kind).status_code == 201


@on_sqlite
def test_an_endpoint_with_a_query_of_its_own_reads_the_body_alone(client: FlaskClient, site: KnownSite) -> None:
    body = {"source": SOURCE, "target": TARGET}
    assert client.post("/webmention?key=abc&source=https://other.example/", data=body).status_code == 201
    assert client.post(f"/webmention?{urlencode(body)}").status_code == 415
    assert client.post(f"/webmention?{urlencode(body)}", data="", content_type=FORM).status_code == 400


@on_sqlite
def test_further_parameters_are_ignored_and_only_a_vouch_is_kept(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    further = {"code": "s3cret-code", "realm": "r", "debug": "1", "property": "like-of", "vouch": "https://v.example/"}
    answer = client.post("/webmention", data={"source": SOURCE, "target": TARGET, **further})
    assert answer.status_code == 201
    (arrival,) = stored.arrivals()
    assert arrival.hints == {"vouch": "https://v.example/"}


@on_sqlite
@pytest.mark.parametrize("vouch", ["<script>alert(1)</script>", "x" * 500_000, "javascript:alert(1)", ""])
def test_a_vouch_that_is_no_address_is_ignored(
    client: FlaskClient, site: KnownSite, stored: Stored, vouch: str
) -> None:
    body = {"source": SOURCE, "target": TARGET, "vouch": vouch, "code": vouch}
    assert client.post("/webmention", data=body).status_code == 201
    assert stored.arrivals()[0].hints is None


@on_sqlite
def test_a_missing_or_repeated_parameter_is_named(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for body, code, name in [
        ("", "missing_parameter", "source"),
        (f"source={quote(SOURCE)}", "missing_parameter", "target"),
        (f"target={quote(TARGET)}", "missing_parameter", "source"),
        (f"source=&target={quote(TARGET)}", "missing_parameter", "source"),
        (f"source={quote(SOURCE)}&target=", "missing_parameter", "target"),
        (f"source={quote(SOURCE)}&source={quote(SOURCE)}&target={quote(TARGET)}", "repeated_parameter", "source"),
        (f"source={quote(SOURCE)}&target={quote(TARGET)}&target=x", "repeated_parameter", "target"),
    ]:
        as_text = client.post("/webmention", data=body, content_type=FORM)
        as_json = client.post("/webmention", data=body, content_type=FORM, headers={"Accept": "application/json"})
        assert (as_text.status_code, as_text.mimetype) == (400, "text/plain")
        assert name in as_text.text
        assert as_text.text.count("\n") == 1, "one sentence"
        assert as_json.json == {"error": code, "error_description": as_text.text.strip()}
        assert stored.count(Post) == stored.count(Reflection) == 0


NO_ADDRESSES = [
    "kxqzjwv", "blog.example/post", "/post", "//blog.example/post", "http:///post", "http://", "https:/blog.example/",
    "mailto:sandra@blog.example", "ftp://blog.example/post", "file:///etc/passwd", "gopher://blog.example/1",
    "javascript:alert(1)", "data:text/html,x", "http://sandra@blog.example/", "http://sandra:secret@blog.example/",
    "http://blog.example@evil.example/", "http://blog.example:0/", "http://blog.example:65536/",
    "http://blog.example:abc/", "https://blog.example/po st", " https://blog.example/post", "https://blog.example/post\n",
    "https://blog.example/\tpost", "https://blog.example/\r\npost", "https://blog.example/\x00", "https://bl\x00og.example/",
    "http://[::1/", "http://127.0.0.1\\@blog.example/",
]  # fmt: skip


@on_sqlite
def test_what_is_no_web_address_is_refused_as_source_and_as_target(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    for url in NO_ADDRESSES:
        as_source, as_target, as_both = mention(client, url), mention(client, target=url), mention(client, url, url)
        assert as_source.status_code == as_target.status_code == as_both.status_code == 400, url
        assert as_source.text == as_both.text == "The source is not a valid http or https URL.\n", url
        assert as_target.text == "The target is not a valid http or https URL.\n", url
    assert stored.count(Post) == stored.count(Reflection) == stored.count(Arrival) == 0


@on_sqlite
def test_line_ends_that_are_escaped_stay_escaped(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    assert mention(client, SOURCE + "%0d%0aSet-Cookie:%20a=1").status_code == 201
    assert stored.item().source == SOURCE + "%0D%0ASet-Cookie:%20a=1"


@on_sqlite
def test_a_page_cannot_mention_itself(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for same in [
        TARGET,
        TARGET + "#part",
        "http://blog.example/post",
        "https://BLOG.example/post",
        "HTTPS://blog.example/post",
        "https://blog.example:443/post",
        "https://blog.example./post",
        "https://blog.example/%70ost",
        "https://blog.example/a/../%70os%74",
    ]:
        answer = mention(client, source=same)
        assert (answer.status_code, answer.text) == (400, "The source and the target are the same page.\n")
        assert stored.count(Reflection) == 0


def test_a_target_of_nobody_here_is_refused(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for target in [
        "https://elsewhere.example/post",
        "https://blog.example.evil.example/",
        "https://evilblog.example/post",
        "https://evil.example/?x=blog.example",
        "https://evil.example/https://blog.example/post",
        "https://evil.example/#https://blog.example/",
        "https://blog.example:8443/post",
        "https://www.blog.example/post",
        "https://example/",
        "http://127.0.0.1:8000/",
    ]:
        answer = mention(client, target=target)
        assert answer.status_code == 400
        assert answer.text == "The address does not belong to any site that is known here.\n"
        assert stored.count(Post) == 0


def test_a_site_may_be_a_folder_and_ends_at_its_slash(client: FlaskClient, make_site: object, stored: Stored) -> None:
    a, b = make_site("https://host.example/~a/"), make_site("https://host.example/~b")  # type: ignore[operator]
    for target, owner in [
        ("https://host.example/~a/post", a.id),
        ("http://host.example/%7Eb/post", b.id),
        ("https://host.example/~b", b.id),
        ("https://host.example/~bert/post", None),
        ("https://host.example/", None),
    ]:
        known = {item.id for item in stored.items()}
        assert mention(client, target=target).status_code == (201 if owner else 400)
        assert [item.site_id for item in stored.items() if item.id not in known] == ([owner] if owner else [])


def test_long_addresses_are_refused_whole(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    longest = SOURCE + "?" + "x" * (2048 - len(SOURCE) - 1)
    assert mention(client, longest).status_code == 201
    assert stored.item().source == longest
    for source, target in ((longest + "x", TARGET), (SOURCE, TARGET + "?" + "y" * 8192), (SOURCE + "é" * 500, TARGET)):
        answer = mention(client, source, target)
        assert (answer.status_code, answer.text) == (400, "The address is longer than 2,048 characters.\n")
    assert stored.count(Reflection) == 1


def test_one_page_is_found_by_all_its_spellings(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    spellings = (
        "https://blog.example/café-😀",
        "https://blog.example/caf%C3%A9-%F0%9F%98%80",
        "https://blog.example/caf%c3%a9-%f0%9f%98%80",
    )
    locations = {mention(client, target=target).headers["Location"] for target in spellings}
    assert len(locations) == 1
    raw = f"source={SOURCE}&target={spellings[0]}".encode()
    assert client.post("/webmention", data=raw, content_type=FORM).headers["Location"] in locations
    assert stored.count(Post) == 1


@on_sqlite
def test_international_hosts_are_kept_in_punycode(client: FlaskClient, make_site: object, stored: Stored) -> None:
    make_site("https://bücher.example/")  # type: ignore[operator]
    assert mention(client, "https://аpple.example/x", "https://bücher.example/a").status_code == 201
    assert mention(client, "https://xn--pple-43d.example/x", "https://xn--bcher-kva.example/a").status_code == 201
    assert stored.item().source == "https://xn--pple-43d.example/x"


@on_sqlite
def test_what_is_no_form_is_refused_in_one_sentence(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    for body, kind, status in [
        (json.dumps({"source": SOURCE, "target": TARGET}), "application/json", 415),
        (b"--b\r\n" * 10_000, "multipart/form-data; boundary=b", 415),
        (b"\r" * 100_000, "multipart/form-data; boundary=" + "-" * 60, 415),
        (urlencode({"source": SOURCE, "target": TARGET}), "text/plain", 415),
        (urlencode({"source": SOURCE, "target": TARGET}), "", 415),
        ("&".join(f"a{number}=1" for number in range(1000)), FORM, 413),
        ("a" * (1024 * 1024 + 1), FORM, 413),
        (f"source=%ff%fe&target={quote(TARGET)}", FORM, 400),
        (b"source=\xff\xfe&target=x", FORM, 400),
    ]:
        answer = client.post("/webmention", data=body, content_type=kind)
        assert answer.status_code == status
        assert (answer.mimetype, answer.text.count("\n")) == ("text/plain", 1)
        assert stored.count(Reflection) == 0


@on_sqlite
def test_text_that_is_not_utf_8_is_not_guessed_at(client: FlaskClient, site: KnownSite) -> None:
    for body in (f"source=%ff%fe&target={quote(TARGET)}".encode(), b"source=https://a.example/\xff&target=x"):
        answer = client.post("/webmention", data=body, content_type=FORM)
        assert (answer.status_code, answer.text) == (400, "The text is not in the encoding that it claims.\n")


@on_sqlite
def test_other_methods_are_told_what_is_allowed(client: FlaskClient) -> None:
    for method in ["PUT", "PATCH", "DELETE", "TRACE"]:
        answer = client.open("/webmention", method=method)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        assert answer.text == "This address does not take requests of this kind.\n"


@on_sqlite
def test_scripts_of_any_origin_may_send(client: FlaskClient, site: KnownSite) -> None:
    origin = {"Origin": "https://sandra.example"}
    asked = client.options("/webmention", headers={**origin, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST"
    sent = mention(client, Origin="https://sandra.example", Sec_Fetch_Site="cross-site")
    refused = mention(client, target="x", Origin="https://sandra.example")
    for answer in (asked, sent, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Location" in answer.headers["Access-Control-Expose-Headers"]
        assert "Set-Cookie" not in answer.headers
    assert sent.status_code == 201


@on_sqlite
def test_json_is_given_to_who_asks_for_it(client: FlaskClient, site: KnownSite) -> None:
    answer = mention(client, Accept="application/json")
    assert answer.status_code == 201
    assert answer.json == {
        "status": "queued",
        "summary": "The webmention is queued.",
        "location": answer.headers["Location"],
        "source": SOURCE,
        "target": TARGET,
    }
    for accept, kind in [
        ("*/*", "text/plain"),
        ("application/json, */*;q=0.5", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/plain, application/json;q=0.1", "text/plain"),
        ("application/json;q=0", "text/plain"),
        ("nonsense;;,,q", "text/plain"),
    ]:
        assert mention(client, Accept=accept).mimetype == kind, accept


@on_sqlite
def test_a_browser_is_sent_on_to_the_status_and_a_program_is_not(client: FlaskClient, site: KnownSite) -> None:
    by_browser = mention(client, Accept=BROWSER)
    by_program = mention(client, Accept="text/html")
    assert by_browser.status_code == 303
    assert by_program.status_code == 201
    assert by_program.headers["Location"].endswith(by_browser.headers["Location"])
    assert client.get(by_browser.headers["Location"], headers={"Accept": BROWSER}).status_code == 200


@on_sqlite
def test_a_browser_gets_its_form_back_with_what_was_wrong(client: FlaskClient, site: KnownSite) -> None:
    answer = mention(client, SOURCE, 'https://elsewhere.example/"><script>alert(1)</script>', Accept=BROWSER)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "The address does not belong to any site that is known here." in answer.text
    assert f'value="{SOURCE}"' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    too_much = client.post("/webmention", data="a" * (1024 * 1024 + 1), content_type=FORM, headers={"Accept": BROWSER})
    assert (too_much.status_code, too_much.mimetype) == (413, "text/html")


@on_sqlite
def test_the_form_page_is_filled_by_its_address_and_records_nothing(
    client: FlaskClient, site: KnownSite, stored: Stored
) -> None:
    answer = client.get("/webmention", query_string={"source": SOURCE, "target": TARGET + '?"><b>'})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert f'value="{SOURCE}"' in answer.text
    assert "<b>" not in answer.text
    assert client.head("/webmention").status_code == 200
    assert client.get("/webmention?source=%ff&source=2&target=%00").status_code == 200
    assert stored.count(Post) == stored.count(Reflection) == 0


@on_sqlite
def test_the_form_page_can_do_nothing_but_be_a_form(client: FlaskClient) -> None:
    answer = client.get("/webmention")
    policy = answer.headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert part in policy
    assert "script" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "Vary" in answer.headers and "Cookie" not in answer.headers["Vary"]


@on_sqlite
def test_answers_to_programs_are_kept_nowhere_and_can_do_nothing(client: FlaskClient, site: KnownSite) -> None:
    for answer in (mention(client), mention(client, target="x"), mention(client, Accept="application/json")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.mimetype in ("text/plain", "application/json")


@on_sqlite
def test_what_a_client_calls_us_is_in_no_answer(client: FlaskClient, site: KnownSite) -> None:
    answer = mention(client, Host="evil.example", X_Forwarded_Host="evil.example", Forwarded="host=evil.example")
    assert answer.headers["Location"].startswith("http://127.0.0.1:8000/webmention/")
    assert "evil" not in answer.text


@on_sqlite
def test_refusals_speak_the_senders_language(client: FlaskClient, site: KnownSite) -> None:
    answer = mention(client, target="https://elsewhere.example/", Accept_Language="fr-FR,fr;q=0.9")
    assert answer.text == "L’adresse n’appartient à aucun site connu ici.\n"
