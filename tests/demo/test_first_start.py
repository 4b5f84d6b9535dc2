"""What a newcomer has after ``make run``: the whole way, with everything as it is by default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from service.demo.blog.content import ECHOES, FAMOUS, OPEN
from tests.demo.conftest import ask_there
from tests.support.browser import Browser, OpenBrowser, Reader
from tests.support.service import KnownSite, WholeRun, ask, whole
from tests.support.waiting import answers, until

DEFAULTS = {
    "FETCH_ALLOW": "",
    "FETCH_HOST_INTERVAL": "1",
    "INTAKE_LIMITS": "address=300/minute,domain=120/minute,total=3000/minute",
}
A_MINUTE = 60.0


READ_THE_THREAD = """
const root = document.querySelector("reflections-thread")?.shadowRoot;
const items = [...(root?.querySelectorAll("ol.list > li") ?? [])];
const spaced = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
return {
  text: spaced(root?.textContent),
  items: items.map((item) => spaced(item.textContent)),
  replies: items.map((item) => item.querySelectorAll("ol li").length),
  numbered: items.every((item) => getComputedStyle(item).listStyleType === "decimal"),
};
"""


@dataclass(frozen=True)
class Shown:
    """What the widget shows, white space folded."""

    text: str
    items: list[str]
    """Of the first level, with all that is inside."""
    replies: list[int]
    """How many each of them has inside."""
    numbered: bool


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A first start."""
    with whole(tmp_path_factory.mktemp("first"), **DEFAULTS) as run:
        yield run


@pytest.fixture(scope="module")
def site(first: WholeRun) -> KnownSite:
    """The demo's site, once its pingbacks are approved."""
    base = where(first)
    until(lambda: total(first, base + FAMOUS.path) == 8, A_MINUTE, f"the pingbacks did not come\n{first.printed}")
    return KnownSite(1, base + "/", first.command("site", "token", base + "/").strip(), "")


def where(run: WholeRun) -> str:
    """Where the demo blog is, without a slash at its end."""
    return ask_there(run.url + "/demo/").headers["location"].removesuffix(FAMOUS.path)


def spaced(text: str) -> str:
    """The text with white space folded, as a reader sees it."""
    return " ".join(text.split())


def total(run: WholeRun, page: str) -> int:
    answer = run.ask(f"/api/v1/thread?url={page}")
    return int(answer.json["total"]) if answer.status == 200 else -1


def thread(browser: Browser) -> Shown:
    """What the widget shows now."""
    return Shown(**browser.run(READ_THE_THREAD))


def test_the_french_post_shows_its_eight_reflections_within_a_minute(
    first: WholeRun, open_browser: OpenBrowser
) -> None:
    browser = open_browser(Reader(language="fr"))
    browser.open(first.url + "/demo/")
    heading = f"8 réflexions sur « {spaced(FAMOUS.title)} »"

    def complete() -> Shown | None:
        shown = thread(browser)
        return shown if heading in shown.text else None

    shown = until(complete, A_MINUTE, f"the post does not say {heading}")
    assert shown.numbered
    assert shown.replies == [1, 1, 0, 0, 0, 0]
    for item, echo in zip(shown.items[2:], ECHOES, strict=True):
        assert item.startswith(f"Pingback: {spaced(echo.head)}")
    assert "Les commentaires sont fermés." in shown.text
    assert browser.complaints() == []


def write(browser: Browser, site: KnownSite, protocol: str) -> str:
    """Has a newcomer write a post that answers the open one and is sent so; its address."""
    browser.open(site.page(OPEN.path))
    browser.click(".guide .button", "Écrire un billet")
    browser.fill("input[name=title]", f"Ma réponse par {protocol}")
    browser.click(f"button[value={protocol}]")
    browser.find(".guide.done", "accepté")
    assert f"/{protocol}" in browser.find(".guide dl").text
    return browser.url


def test_the_button_brings_a_post_into_the_queue_and_under_the_open_one(
    first: WholeRun, site: KnownSite, open_browser: OpenBrowser
) -> None:
    browser = open_browser(Reader(language="fr"))
    sent = {write(browser, site, protocol): protocol for protocol in ("webmention", "pingback")}

    def waiting() -> list[dict[str, Any]]:
        items = [item for item in first.items(site, waiting="true") if item["source"] in sent]
        return items if len(items) == len(sent) else []

    for item in until(waiting, A_MINUTE, "they do not wait in the queue"):
        kind = sent[item["source"]]
        assert (item["state"], item["kind"], item["author"]["name"]) == ("pending", kind, "Camille")
        decision = b'{"state": "approved", "from": "pending", "seen": %d}' % item["latest"]
        headers = {**site.bearer, "Content-Type": "application/json"}
        assert first.ask(f"/api/v1/reflections/{item['id']}", decision, "PATCH", headers).status == 200

    def shown() -> bool:
        # A browser may keep a thread for ten seconds; this reader has none yet.
        browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        browser.open(site.page(OPEN.path))
        text = browser.waits_for(lambda: thread(browser).text, "the widget shows nothing")
        return text.count("changé d’avis") == len(sent)

    until(shown, 15, "the approved posts are not shown")

    for source in sent:
        browser.open(source)
        browser.click("button[name=delete]")
        browser.find(".guide.done", "supprimé")

    def gone() -> bool:
        return sent.keys() <= {item["source"] for item in first.items(site, state="gone")}

    until(gone, A_MINUTE, "the deleted posts are still up")
    assert browser.complaints() == []


def test_a_second_start_keeps_it_and_once_removed_it_stays_away(first: WholeRun, site: KnownSite) -> None:
    folder, base = first.data.parent, site.base.removesuffix("/")
    first.stop()

    with whole(folder) as again:
        assert again.url != first.url
        assert where(again) == base
        assert again.url in ask(base + OPEN.path).text
        assert total(again, base + FAMOUS.path) == 8

        assert "is removed" in again.command("demo", "remove")
        assert again.ask("/demo/").status == 404
        assert ask(base + FAMOUS.path).status == 410
        until(lambda: total(again, base + FAMOUS.path) == -1, 3, "its thread is still read")
        assert not (again.data / "demo").exists()
        assert "There is no demo" in again.command("demo", "remove")

    host, port = base.removeprefix("http://").split(":")
    with whole(folder) as without:
        assert without.ask("/demo/").status == 404
        assert not answers(host, int(port))
        until(lambda: without.printed.count("is running") == 3, 10, "it does not greet")
        assert without.printed.count("/demo/") == 2
        assert base in without.command("demo", "add", "--port", port)
        assert where(without) == base
