"""Script in every field of every page, from the door to whoever reads it: nothing runs, nothing is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from service.model.engine import create
from tests.support.browser import Browser
from tests.support.desk import Desk
from tests.support.host_pages import BLOG, blog_page
from tests.support.service import KnownSite, WholeRun, whole
from tests.support.waiting import until
from tests.support.web import Web
from tests.workers.hostile import payloads

CANARY = "127.0.0.66"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    # The worker may look for authors at the canary's, but not reach it: who is led there is the browser.
    with whole(tmp_path_factory.mktemp("hostile"), FETCH_ALLOW=f"127.0.4.0/22,{BLOG}/32") as run:
        yield run


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """One web for the module: the pages stay where the items came from."""
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def site(run: WholeRun, web: Web) -> KnownSite:
    """A blog on whose one post every page has its say, and waits for a moderator."""
    tag = f'<script async src="{run.url}/widget.js"></script>'
    target = web.page("/post", blog_page(tag, look=""), host=BLOG)
    site = run.add_site(web.url("/", BLOG))
    written = [
        (payloads.html, "text/html; charset=utf-8"),
        (payloads.mf2, "application/mf2+json"),
        (payloads.text, "text/plain; charset=utf-8"),
    ]
    for number, payload in enumerate(payloads.PAYLOADS):
        for kind, (write, media) in enumerate(written):
            body = write(payload).replace("{t}", target).replace("{c}", f"{CANARY}:{web.port}")
            source = web.page("/", body, host=f"127.0.{4 + kind}.{number + 1}", headers={"Content-Type": media})
            assert run.webmention(source, target).status == 201
    count = len(payloads.PAYLOADS) * len(written)
    until(lambda: len(run.items(site, state="pending")) == count, 60, "not every page was taken", pause=0.5)
    return site


MORE = "document.querySelector('reflections-thread').shadowRoot.querySelector('.list + .more')"


def items(browser: Browser) -> int:
    """How many the widget shows."""
    count = "return document.querySelector('reflections-thread')?.shadowRoot?.querySelectorAll('.list > .item').length"
    return browser.run(count) or 0


def seen(browser: Browser, web: Web, run: WholeRun, *own: str) -> None:
    """Nothing ran, nothing was refused, and of nobody but us (and ``own``) was anything loaded."""
    loads = browser.run("return performance.getEntriesByType('resource').map(entry => new URL(entry.name).host)")
    assert set(loads) <= {run.url.removeprefix("http://"), *own}
    assert browser.complaints() == []
    assert web.connections(CANARY) == 0
    # A dialog would have ended the test at the first of these questions.
    assert browser.run("return document.title")


def test_no_script_of_a_page_runs_where_moderators_look(
    browser: Browser, run: WholeRun, web: Web, site: KnownSite
) -> None:
    engine = create(f"sqlite:///{run.data / 'reflections.db'}")
    nora = Desk(engine, site).moderator("Nora")
    browser.open(run.url + "/admin/")
    browser.fill("input[name=name]", nora.name)
    browser.fill("input[name=password]", nora.password)
    browser.click("main button")
    browser.find(".item")
    shown = 0
    while True:
        seen(browser, web, run)
        shown += len(browser.all(".item[data-uid]"))
        older = browser.all("a[rel=next]")
        if not older:
            break
        browser.open(older[0].get_attribute("href") or "")
    assert shown == len(run.items(site, state="pending"))
    for item in run.items(site, state="pending")[::12]:
        browser.open(f"{run.url}/admin/items/{item['id']}")
        browser.find("article.whole")
        seen(browser, web, run)
    engine.dispose()


def test_no_script_of_a_page_runs_where_readers_and_senders_look(
    browser: Browser, run: WholeRun, web: Web, site: KnownSite
) -> None:
    for item in run.items(site, state="pending"):
        body = json.dumps({"state": "approved", "from": "pending", "seen": item["revisions"][0]["number"]}).encode()
        headers = site.bearer | {"Content-Type": "application/json"}
        assert run.ask(f"/api/v1/reflections/{item['id']}", body, "PATCH", headers).status == 200
    post = web.url("/post", BLOG)
    browser.open(post)
    browser.waits_for(lambda: items(browser), "the widget shows nothing")
    while browser.run("return " + MORE):
        shown = items(browser)
        browser.run(MORE + ".click()")
        browser.waits_for(lambda before=shown: items(browser) > before, "the next page did not come")
    seen(browser, web, run)
    browser.open(f"{run.url}/embed?url={post}")
    browser.find(".item")
    while True:
        seen(browser, web, run)
        older = browser.all("a[rel=next]")
        if not older:
            break
        browser.open(older[0].get_attribute("href") or "")
    for item in run.items(site, state="approved")[::12]:
        browser.open(f"{run.url}/webmention/{item['id']}")
        seen(browser, web, run)
