"""A real WordPress publishes a post that links to ours; a reader of ours sees it under the post."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import OpenBrowser, Reader
from tests.support.service import KnownSite, WholeRun, ask
from tests.support.waiting import until
from tests.support.web import HOST, Web
from tests.support.wordpress import WordPress

PLUGIN = Path(__file__).parents[2] / "config" / "integrations" / "wordpress" / "reflections"
REPLAY = Path(__file__).parents[1] / "data" / "wordpress-pingback.http"
TITLE = "Débat 2.0 : la parole est à la salle"


@pytest.fixture
def blog(web: Web, whole_run: WholeRun) -> KnownSite:
    """A French blog with one post, written as the README tells its owner."""
    site = whole_run.add_site(web.url("/"), "--locale", "fr")
    web.page(
        "/2011/10/debat",
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Le débat</title>'
        f'<link rel="pingback" href="{whole_run.url}/pingback">'
        f'<link rel="webmention" href="{whole_run.url}/webmention"></head>'
        f"<body><h1>Le débat</h1><p>Que chacun réponde chez soi.</p>"
        f'<script async src="{whole_run.url}/widget.js"></script>'
        f"<reflections-thread></reflections-thread></body></html>",
        headers={"X-Pingback": f"{whole_run.url}/pingback"},
    )
    return site


def sign_in(whole_run: WholeRun, open_browser: OpenBrowser) -> Any:
    """The first owner at his desk, signed in with what the run printed."""
    said = re.search(r"sign in as +(\S+), password (\S+)", whole_run.printed)
    assert said, whole_run.printed
    browser = open_browser(Reader())
    browser.open(whole_run.url + "/admin/")
    browser.fill("input[name=name]", said[1])
    browser.fill("input[name=password]", said[2])
    browser.click("main button")
    return browser


def test_a_post_of_wordpress_is_verified_approved_and_read(
    wordpress: WordPress, whole_run: WholeRun, web: Web, blog: KnownSite, open_browser: OpenBrowser
) -> None:
    target = blog.page("2011/10/debat")
    source = wordpress.publish(TITLE, f'<p>On en parle dans <a href="{target}">le débat</a> de nos voisins.</p>')

    def verified() -> dict[str, Any] | None:
        wordpress.wake()
        found = [item for item in whole_run.items(blog) if item["state"] == "pending"]
        return found[0] if found else None

    item = until(verified, 60, f"WordPress's pingback was not verified:\n{wordpress.log.read_text()[-2000:]}", pause=1)
    assert (item["kind"], item["source"]) == ("pingback", source)
    assert TITLE.replace(" :", "") in item["title"].replace("\u00a0:", "").replace(" :", "")
    assert "InfGov" in item["title"] and "Claude Super" in item["title"]

    desk = sign_in(whole_run, open_browser)
    desk.find(f"#item-{item['id']}", "InfGov")
    desk.shoot("journey-queue")
    desk.click("button", "Approve", within=desk.find(f"#item-{item['id']}"))
    until(lambda: whole_run.items(blog)[0]["state"] == "approved", 10, "the approval did not arrive")

    reader = open_browser(Reader(language="fr"))
    reader.open(target)
    thread = reader.shadow("reflections-thread")
    reader.find("li", "Pingback:", within=thread)
    reader.shoot("journey-widget")
    heading = reader.find("[part~=heading]", within=thread).text
    assert " ".join(heading.split()) == "1 réflexion sur « Le débat »"
    link = reader.find("li a", "Débat 2.0", within=thread)
    assert link.get_attribute("href") == source
    assert reader.complaints() == []


def test_the_plugin_lets_our_endpoints_and_thread_take_the_place_of_wordpress_own(
    wordpress: WordPress, whole_run: WholeRun, open_browser: OpenBrowser
) -> None:
    whole_run.add_site(wordpress.url + "/", "--locale", "fr")
    post = wordpress.publish("Un billet", "<p>Des mots.</p>")
    with wordpress.plugin(PLUGIN, REFLECTIONS_URL=whole_run.url):
        page = ask(post)
        assert page.headers["X-Pingback"] == f"{whole_run.url}/pingback"
        assert f'<{whole_run.url}/webmention>; rel="webmention"' in page.headers["Link"]
        # What senders look for in the page, letter by letter (Pingback 1.0, section 2.2).
        assert re.findall(r'<link rel="pingback" href="([^"]+)" ?/?>', page.text) == [f"{whole_run.url}/pingback"]
        reader = open_browser(Reader(language="fr"))
        reader.open(post)
        thread = reader.shadow("reflections-thread")
        reader.find(".thread", "Pas encore de réflexions", within=thread)
        assert reader.all("#commentform") == []
        reader.shoot("journey-wordpress-with-plugin")
        assert reader.complaints() == []
    assert f"{whole_run.url}" not in ask(post).text


def test_what_wordpress_sends_is_taken_byte_for_byte(whole_run: WholeRun, blog: KnownSite) -> None:
    """Recorded from WordPress 6.1; only its addresses are this test's."""
    head, _, body = REPLAY.read_bytes().partition(b"\r\n\r\n" if b"\r\n\r\n" in REPLAY.read_bytes() else b"\n\n")
    target = f"{blog.base}2011/10/debat?p=1&amp;lang=fr".encode()
    body = re.sub(rb"http://127\.0\.0\.2[^<]*", target, body)
    lines = [line.partition(b":") for line in head.splitlines()[1:]]
    line = HTTPConnection("127.0.0.1", int(whole_run.url.rpartition(":")[2]), timeout=3)
    line.putrequest("POST", "/pingback", skip_host=True, skip_accept_encoding=True)
    for name, _, value in lines:
        line.putheader(name, str(len(body)) if name.lower() == b"content-length" else value.strip())
    line.endheaders(body)
    answer = line.getresponse()
    said = answer.read()
    assert answer.status == 200 and answer.getheader("Content-Type", "").startswith("text/xml")
    assert b"<fault>" not in said, said
    assert HOST in target.decode()
    [item] = whole_run.items(blog)
    assert item["kind"] == "pingback"
    assert item["target"].endswith("?p=1&lang=fr")
