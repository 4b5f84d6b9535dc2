"""The pages that a person sees here, in a real browser: the form, and what became of what it sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from service.model import Reflection
from service.values.state import State
from tests.receive.senders import SOURCE, TARGET, Stored, on_sqlite
from tests.support.browser import OpenBrowser, Reader
from tests.support.service import KnownSite

pytestmark = on_sqlite


@pytest.fixture
def url(app: Flask, site: KnownSite) -> Iterator[str]:
    """The service, where a browser can reach it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def test_sandra_sends_a_webmention_by_hand_and_follows_it(url: str, open_browser: OpenBrowser, stored: Stored) -> None:
    browser = open_browser()
    browser.open(f"{url}/webmention?target={TARGET}")
    assert browser.find("#target").get_attribute("value") == TARGET
    browser.shoot("receive-form")
    browser.fill("#source", "https://sandra.example/a-long-address/" + "that-goes-on-" * 8)
    browser.click("button", "Send")
    browser.find("h1", "Received")
    assert browser.url == f"{url}/webmention/{stored.item().uid}"
    assert "sandra.example/a-long-address" in browser.text
    browser.shoot("receive-status-received")
    stored.change(Reflection, state=State.APPROVED, checked=datetime.now(UTC))
    browser.open(browser.url)
    browser.find("h1", "Published")
    browser.shoot("receive-status-published")
    browser.click("a", "Send again")
    assert browser.find("#source").get_attribute("value") == stored.item().source
    assert browser.complaints() == []


def test_sandra_is_told_what_was_wrong_and_keeps_what_she_wrote(
    url: str, open_browser: OpenBrowser, stored: Stored
) -> None:
    browser = open_browser(Reader.on_a_phone(dark=True))
    browser.open(f"{url}/webmention")
    browser.shoot("receive-form-phone-dark")
    browser.fill("#source", SOURCE)
    browser.fill("#target", "https://elsewhere.example/post")
    browser.click("button", "Send")
    browser.find("[role=alert]", "does not belong to any site")
    assert browser.find("#source").get_attribute("value") == SOURCE
    browser.shoot("receive-form-wrong-phone-dark")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out on a phone"
    browser.open(f"{url}/webmention/unknown")
    browser.find("h1", "There is no mention at this address.")
    browser.shoot("receive-unknown-phone-dark")
    assert stored.items() == []
    assert browser.complaints(r"400 \(BAD REQUEST\)", r"404 \(NOT FOUND\)") == []


def test_sandrine_reads_it_in_french(url: str, open_browser: OpenBrowser, stored: Stored) -> None:
    browser = open_browser(Reader(language="fr"))
    browser.open(f"{url}/webmention?source={SOURCE}&target={TARGET}")
    browser.find("h1", "Envoyer une webmention")
    browser.shoot("receive-form-french")
    browser.click("button", "Envoyer")
    browser.find("h1", "Reçue")
    stored.change(Reflection, state=State.FAILED, reason="no_link", checked=datetime.now(UTC))
    browser.open(browser.url)
    browser.find("h1", "Aucun lien trouvé")
    browser.shoot("receive-status-french")
    assert browser.run("return document.documentElement.lang") == "fr"
    assert browser.complaints() == []


def test_the_form_needs_no_script(url: str, open_browser: OpenBrowser, stored: Stored) -> None:
    browser = open_browser(Reader(javascript=False))
    browser.open(f"{url}/webmention?source={SOURCE}&target={TARGET}")
    browser.click("button", "Send")
    browser.find("h1", "Received")
    assert stored.item().source == SOURCE
