"""The further pages of a visit: its author's, and one that vouches. They are nobody's burden, and no item's fault."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.decide.conclude import DEATHS
from service.model import Arrival, AuthorPage, Reflection
from service.model.engine import writing
from service.values.evidence import Vouching
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.fetching import fetcher
from tests.support.verifying import Pipeline
from tests.workers.test_fetch_addresses import NOT_A_PAGE, NUMBERS, PRIVATE
from workers.pace import Pace

ADA = "127.0.0.5"
CARD = """<div class=h-card><img class=u-photo src='/ada.png' alt=''>
<a class='p-name u-url u-uid' rel=me href='{url}'>Ada Marsh</a></div>"""


def source(pipeline: Pipeline, author: str, path: str = "/source", host: str = "127.0.0.2") -> tuple[str, str]:
    """A source that names nothing of its author but his page, and the post."""
    target = pipeline.post()
    entry = f"<div class=h-entry><a class=u-author href='{author}'></a><a href='{target}'>x</a></div>"
    return pipeline.web.page(path, entry, host=host), target


def home(pipeline: Pipeline, path: str = "/me", host: str = ADA, **answer: object) -> str:
    """An author's page with his card."""
    url = pipeline.web.url(path, host)
    return pipeline.web.page(path, CARD.format(url=url), host=host, **answer)  # type: ignore[arg-type]


def paced(pipeline: Pipeline, interval: float) -> Pipeline:
    pace = Pace(redis.Redis.from_url("redis://127.0.0.1:1/0"), pipeline.engine, interval)
    return replace(pipeline, means=replace(pipeline.means, fetch=fetcher(pace=pace).fetch))


def test_an_author_who_is_named_by_his_page_alone_is_read_there(pipeline: Pipeline) -> None:
    url = home(pipeline)
    item = pipeline.verified(*source(pipeline, url))
    said = item.revisions[0]
    assert item.state is State.PENDING
    assert (said.author_name, said.author_url) == ("Ada Marsh", url)
    assert said.author_photo == pipeline.web.url("/ada.png", ADA) and said.picture_id is not None
    assert len(pipeline.web.requests(url)) == 1


def test_an_author_page_on_the_sources_own_host_waits_for_its_turn(sqlite_pipeline: Pipeline) -> None:
    url = home(sqlite_pipeline, host="127.0.0.2")
    item = paced(sqlite_pipeline, 0.5).verified(*source(sqlite_pipeline, url))
    assert item.revisions[0].author_name == "Ada Marsh"
    first, second = (request.time for request in sqlite_pipeline.web.requests("127.0.0.2"))
    assert second - first >= 0.5


@pytest.mark.parametrize("status", [404, 410, 403, 500])
def test_an_author_page_that_fails_fails_no_item(sqlite_pipeline: Pipeline, status: int) -> None:
    url = home(sqlite_pipeline, status=status)
    item = sqlite_pipeline.verified(*source(sqlite_pipeline, url))
    assert (item.state, item.due_at, item.deaths) == (State.PENDING, None, 0)
    assert (item.revisions[0].author_name, item.revisions[0].author_url) == ("", url)


def test_a_page_whose_card_is_of_somebody_else_names_nobody(sqlite_pipeline: Pipeline) -> None:
    url = sqlite_pipeline.web.page("/me", CARD.format(url="https://famous.example/").replace(" rel=me", ""), host=ADA)
    item = sqlite_pipeline.verified(*source(sqlite_pipeline, url))
    assert (item.revisions[0].author_name, item.revisions[0].author_url) == ("", url)


def test_a_page_that_many_sources_name_is_asked_once_a_day(pipeline: Pipeline) -> None:
    url = home(pipeline)
    for number in range(10):
        pipeline.verified(*source(pipeline, url, f"/{number}"))
    assert {item.revisions[0].author_name for item in map(pipeline.item, ids(pipeline))} == {"Ada Marsh"}
    assert len(pipeline.web.requests(url)) == 1
    with writing(pipeline.engine) as session:
        session.execute(update(AuthorPage).values(good_until=datetime.now(UTC) - timedelta(seconds=1)))
    pipeline.verified(*source(pipeline, url, "/later"))
    assert len(pipeline.web.requests(url)) == 2


def test_a_page_that_named_its_author_once_keeps_naming_him_while_it_is_away(sqlite_pipeline: Pipeline) -> None:
    url = home(sqlite_pipeline)
    pair = source(sqlite_pipeline, url)
    sqlite_pipeline.verified(*pair)
    home(sqlite_pipeline, status=500)
    with writing(sqlite_pipeline.engine) as session:
        session.execute(update(AuthorPage).values(good_until=datetime.now(UTC) - timedelta(seconds=1)))
    item = sqlite_pipeline.verified(*pair)
    assert (item.latest, item.revisions[0].author_name) == (1, "Ada Marsh")


def test_a_flood_that_names_one_victim_as_author_holds_up_no_item(sqlite_pipeline: Pipeline) -> None:
    """Who waited for his author here would wait for a minute, and the last of them for forty."""
    pipeline = paced(sqlite_pipeline.uncrowded(), 60.0)
    for number in range(40):
        page = home(pipeline, f"/{number}")
        pipeline.claim(*source(pipeline, page, "/", f"127.0.1.{number + 1}"))
    began = time.monotonic()
    pipeline.run()
    assert time.monotonic() - began < 25
    assert {item.state for item in pipeline.items()} == {State.PENDING}
    assert len(pipeline.web.requests(ADA)) == 1


def test_a_victim_that_many_name_as_author_is_asked_one_page_after_the_other(sqlite_pipeline: Pipeline) -> None:
    pipeline = paced(sqlite_pipeline.uncrowded(), 0.3)
    for number in range(6):
        page = home(pipeline, f"/{number}")
        pipeline.claim(*source(pipeline, page, "/", f"127.0.1.{number + 1}"))
    pipeline.run()
    assert {item.state for item in pipeline.items()} == {State.PENDING}
    asked = pipeline.web.requests(ADA)
    assert asked and len({request.path for request in asked}) == len(asked)
    times = [request.time for request in asked]
    assert all(later - earlier >= 0.3 for earlier, later in itertools.pairwise(times))
    assert max(request.concurrent for request in asked) == 1


def test_no_author_page_leads_to_an_address_that_is_not_public(sqlite_pipeline: Pipeline) -> None:
    fetch = fetcher("127.0.0.2/32", "127.0.0.9/32", f"{ADA}/32").fetch
    guarded = replace(sqlite_pipeline, means=replace(sqlite_pipeline.means, fetch=fetch))
    there = [guarded.web.url(host=host) for host in (*PRIVATE, *NUMBERS)] + list(NOT_A_PAGE)
    for number, url in enumerate(there):
        guarded.claim(*source(guarded, url.replace("'", ""), f"/direct/{number}"))
        hop = guarded.web.redirect(f"/hop/{number}", url, host=ADA)
        guarded.claim(*source(guarded, hop, f"/source/{number}"))
    guarded.run()
    assert {item.state for item in guarded.items()} == {State.PENDING}
    assert len(guarded.web.requests(ADA)) == len(there)
    canaries = ("127.0.0.1", "127.0.0.3", "127.255.255.254", "[::1]")
    assert sum(guarded.web.connections(host) for host in canaries) == 0


def test_an_author_page_that_is_too_heavy_costs_no_item(sqlite_pipeline: Pipeline) -> None:
    url = sqlite_pipeline.web.page("/me", "<div class=h-card>" * 60_000, host=ADA)
    item = sqlite_pipeline.verified(*source(sqlite_pipeline, url))
    assert (item.state, item.deaths) == (State.PENDING, 0)


# vouches


def vouched(pipeline: Pipeline, voucher: str) -> Vouching | None:
    """What the evidence of a new item says of its voucher."""
    target = pipeline.post()
    page = pipeline.web.page("/mention", f"<a href='{target}'>x</a>", host="127.0.0.7")
    number = pipeline.claim(page, target)
    with writing(pipeline.engine) as session:
        session.execute(update(Arrival).where(Arrival.reflection_id == number).values(hints={"vouch": voucher}))
    pipeline.run()
    item = pipeline.item(number)
    assert item.state is State.PENDING
    vouch = pipeline.evidence(item).vouch
    assert vouch is None or vouch.url == voucher
    return vouch.says if vouch else None


def known_host(pipeline: Pipeline) -> None:
    """Something of Ada's host is up."""
    target = pipeline.post()
    item = pipeline.verified(pipeline.web.page("/old", f"<a href='{target}'>x</a>", host=ADA), target)
    pipeline.change(item.id, state=State.APPROVED, shown=1)


PAGES = {
    "links": ("<a href='http://127.0.0.7/about'>a friend</a>", Vouching.LINKS),
    "links elsewhere": ("<a href='http://127.0.0.8/'>x</a>", Vouching.SILENT),
    "links as to nobody": ("<a rel='me nofollow' href='http://127.0.0.7/'>x</a>", Vouching.SILENT),
    "links in a comment": ("<!-- <a href='http://127.0.0.7/'>x</a> -->", Vouching.SILENT),
    "links beside": ("<a rel=nofollow href='http://127.0.0.7/'>x</a><a href='//127.0.0.7/b'>y</a>", Vouching.LINKS),
}


@pytest.mark.parametrize("name", PAGES)
def test_who_vouches_is_looked_at_and_told(sqlite_pipeline: Pipeline, name: str) -> None:
    body, says = PAGES[name]
    known_host(sqlite_pipeline)
    assert vouched(sqlite_pipeline, sqlite_pipeline.web.page("/friends", body, host=ADA)) is says


@on_sqlite
def test_a_voucher_that_can_not_be_read_is_no_fault(pipeline: Pipeline) -> None:
    known_host(pipeline)
    assert vouched(pipeline, pipeline.web.url("/nowhere", ADA)) is Vouching.UNREAD


def test_a_voucher_of_whom_nothing_is_up_is_not_even_asked(sqlite_pipeline: Pipeline) -> None:
    url = sqlite_pipeline.web.page("/friends", "<a href='http://127.0.0.7/'>x</a>", host=ADA)
    assert vouched(sqlite_pipeline, url) is Vouching.STRANGER
    assert sqlite_pipeline.web.connections(ADA) == 0


def test_nobody_vouches_for_himself(sqlite_pipeline: Pipeline) -> None:
    assert vouched(sqlite_pipeline, sqlite_pipeline.web.url("/friends", "127.0.0.7")) is Vouching.STRANGER


def test_what_came_of_a_voucher_is_kept_when_the_source_changes(sqlite_pipeline: Pipeline) -> None:
    known_host(sqlite_pipeline)
    body, says = PAGES["links"]
    assert vouched(sqlite_pipeline, sqlite_pipeline.web.page("/friends", body, host=ADA)) is says
    target = sqlite_pipeline.post()
    page = sqlite_pipeline.web.page("/mention", f"<title>New</title><a href='{target}'>x</a>", host="127.0.0.7")
    item = sqlite_pipeline.verified(page, target)
    vouch = sqlite_pipeline.evidence(item).vouch
    assert item.latest == 2 and vouch is not None and vouch.says is says
    assert len(sqlite_pipeline.web.requests(ADA)) == 2


def test_an_author_s_page_that_breaks_our_own_code_costs_its_item_alone(sqlite_pipeline: Pipeline) -> None:
    broken = sqlite_pipeline.claim(*source(sqlite_pipeline, home(sqlite_pipeline)))
    with sqlite_pipeline.engine.begin() as connection:
        refuses = "CREATE TRIGGER refuses BEFORE INSERT ON author_page BEGIN SELECT RAISE(ABORT, 'a mistake'); END"
        connection.exec_driver_sql(refuses)
    target = sqlite_pipeline.post()
    other = sqlite_pipeline.claim(sqlite_pipeline.web.page("/", f"<a href='{target}'>x</a>", host="127.0.1.1"), target)
    with structlog.testing.capture_logs() as logs:
        sqlite_pipeline.run()
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS
    item = sqlite_pipeline.item(broken)
    assert (item.state, item.reason) == (State.FAILED, "crashed")
    assert sqlite_pipeline.item(other).state is State.PENDING


def ids(pipeline: Pipeline) -> list[int]:
    with Session(pipeline.engine) as session:
        return list(session.scalars(select(Reflection.id)))
