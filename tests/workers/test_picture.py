"""Authors' pictures: fetched once, safely and slowly as all else, and shown as they were when somebody decided."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import delete, select, true, update

from service.decide.conclude import RETRIES
from service.model import Picture, Reflection, Revision
from service.model.engine import writing
from service.model.picture import BATCH, any_unused
from service.model.picture import tidy as drop
from service.model.states import Step, step
from service.moderate.decisions import Decided, Decider, Decision, undo
from service.moderate.decisions import decide as decides
from service.values.portrait import Portrait
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.fetching import fetcher
from tests.support.pictures import bomb, face
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from tests.support.web import Answer, Request
from tests.support.worker import Start
from tests.workers.test_fetch_addresses import NOT_A_PAGE, NUMBERS, PRIVATE
from tests.workers.test_verify import rule
from workers import due
from workers.child import Child, Crashed
from workers.due import LEASE
from workers.pace import Pace
from workers.picture import Pictures

PHOTOS = "127.0.0.5"


def source(pipeline: Pipeline, photo: str, path: str = "/source", host: str = "127.0.0.2") -> tuple[str, str]:
    """A source whose author has his picture there, and the post."""
    target = pipeline.post()
    card = f"<a class='p-author h-card' href='/'><img class=u-photo src='{photo}'>Ada</a>"
    body = f"<div class=h-entry>{card} <a class=u-in-reply-to href='{target}'>x</a><p class=e-content>Yes.</p></div>"
    return pipeline.web.page(path, body, host=host), target


def picture_at(pipeline: Pipeline, body: bytes | None = None, path: str = "/ada.png") -> str:
    return pipeline.web.page(path, face() if body is None else body, host=PHOTOS, headers={"Content-Type": "image/png"})


def has_due(pipeline: Pipeline) -> bool:
    return due.any_picture(pipeline.engine, datetime.now(UTC))


def test_an_authors_picture_is_fetched_and_kept_small(pipeline: Pipeline) -> None:
    photo = picture_at(pipeline)
    item = pipeline.verified(*source(pipeline, photo))
    assert item.state is State.PENDING and not pipeline.web.requests(PHOTOS)
    assert has_due(pipeline)
    assert pipeline.run_errands() == 1
    [picture] = pipeline.pictures()
    assert picture.url == photo and picture.hash is not None and picture.fetched is not None
    assert picture.body is not None and Portrait(picture.body).hash == picture.hash and len(picture.body) < 6000
    assert pipeline.item(item.id).revisions[0].picture_id == picture.id
    assert not has_due(pipeline) and pipeline.run_errands() == 0
    [request] = pipeline.web.requests(photo)
    assert request.headers["accept"].startswith("image/webp") and "referer" not in request.headers


def test_many_items_with_one_picture_fetch_it_once(sqlite_pipeline: Pipeline) -> None:
    photo = picture_at(sqlite_pipeline)
    for number in range(12):
        sqlite_pipeline.claim(*source(sqlite_pipeline, photo, f"/{number}", f"127.0.1.{number + 1}"))
    sqlite_pipeline.run()
    sqlite_pipeline.run_errands()
    assert len(sqlite_pipeline.pictures()) == 1 and len(sqlite_pipeline.web.requests(photo)) == 1
    assert {item.state for item in sqlite_pipeline.items()} == {State.PENDING}


def public(client: FlaskClient, pipeline: Pipeline) -> list[str | None]:
    """The pictures that readers see under the post."""
    thread: Any = client.get("/api/v1/thread", query_string={"url": pipeline.post()}).json
    return [item["author"]["photo"] for item in thread["reflections"]]


def decide(pipeline: Pipeline, item: int, to: State = State.APPROVED) -> None:
    with writing(pipeline.engine) as session:
        row = session.get_one(Reflection, item)
        show = row.latest if to is State.APPROVED else None
        newest = (Revision.reflection_id == item, Revision.number == row.latest)
        seen = session.scalar(select(Picture.hash).join(Revision).where(*newest))
        wanted = Step(row.state, to, by="Olga", seen=row.latest, show=show, picture=seen)
        assert step(session, row, wanted, datetime.now(UTC))


def test_nobody_exchanges_a_picture_that_was_approved(pipeline: Pipeline, client: FlaskClient) -> None:
    photo = picture_at(pipeline)
    item = pipeline.verified(*source(pipeline, photo))
    pipeline.run_errands()
    decide(pipeline, item.id)
    before = public(client, pipeline)
    first = pipeline.pictures()[0].hash
    assert before == [f"http://127.0.0.1:8000/pictures/{first}.webp"]
    picture_at(pipeline, face(colour="#33c"))
    age(pipeline, timedelta(days=2))
    pipeline.claim(*source(pipeline, photo))
    other = pipeline.claim(*source(pipeline, photo, "/other", "127.0.0.3"))
    pipeline.run()
    pipeline.run_errands()
    assert public(client, pipeline) == before
    assert client.get(f"/pictures/{first}.webp").status_code == 200
    new = pipeline.pictures()[-1].hash
    assert new not in (None, first) and client.get(f"/pictures/{new}.webp").status_code == 404
    decide(pipeline, other)
    assert set(public(client, pipeline)) == {*before, f"http://127.0.0.1:8000/pictures/{new}.webp"}


def test_who_takes_a_decision_back_shows_the_picture_that_was_shown_before(
    sqlite_pipeline: Pipeline,
) -> None:
    pipeline = sqlite_pipeline
    rule(pipeline, "127.0.0.2", "approve")
    item = pipeline.verified(*source(pipeline, picture_at(pipeline)))
    first = pipeline.item(item.id)
    everybody = Decider("Olga", lambda _site: true())
    for to in (State.REJECTED, State.APPROVED):
        with writing(pipeline.engine) as session:
            now = datetime.now(UTC)
            [done] = decides(session, everybody, [Decision(first.uid, State.APPROVED, to, first.latest)], now)
            assert isinstance(done, Decided)
        pipeline.run_errands()
        with writing(pipeline.engine) as session:
            assert isinstance(undo(session, everybody, done.event, datetime.now(UTC)), Decided)
        back = pipeline.item(item.id)
        assert (back.revisions[0].portrait, back.revisions[0].welcome) == (None, True) and pipeline.pictures()[0].hash
        assert (back.approved, back.again_at) == (first.approved, first.again_at)


@on_sqlite
def test_a_copy_that_comes_after_the_decision_waits_for_the_next(pipeline: Pipeline, client: FlaskClient) -> None:
    photo = pipeline.web.page("/ada.png", "busy", host=PHOTOS, status=500)
    item = pipeline.verified(*source(pipeline, photo))
    pipeline.run_errands()
    decide(pipeline, item.id)
    picture_at(pipeline)
    again(pipeline)
    pipeline.run_errands()
    assert pipeline.pictures()[0].hash and public(client, pipeline) == [None]
    assert client.get(f"/pictures/{pipeline.pictures()[0].hash}.webp").status_code == 404
    decide(pipeline, item.id)
    assert public(client, pipeline) != [None]


def test_the_picture_of_a_welcome_host_follows_by_itself(pipeline: Pipeline, client: FlaskClient) -> None:
    rule(pipeline, "127.0.0.2", "approve")
    item = pipeline.verified(*source(pipeline, picture_at(pipeline)))
    assert item.state is State.APPROVED and public(client, pipeline) == [None]
    before = pipeline.our_post(pipeline.post()).version
    pipeline.run_errands()
    assert pipeline.our_post(pipeline.post()).version == before + 1
    assert public(client, pipeline) == [f"http://127.0.0.1:8000/pictures/{pipeline.pictures()[0].hash}.webp"]


@on_sqlite
def test_the_welcome_ends_where_a_person_chooses(pipeline: Pipeline, client: FlaskClient) -> None:
    rule(pipeline, "127.0.0.2", "approve")
    item = pipeline.verified(*source(pipeline, picture_at(pipeline)))
    decide(pipeline, item.id, State.REJECTED)
    decide(pipeline, item.id)
    pipeline.run_errands()
    assert public(client, pipeline) == [None]


def test_a_picture_whose_host_asked_for_patience_waits_it_out(sqlite_pipeline: Pipeline) -> None:
    busy = sqlite_pipeline.web.page("/busy.png", status=503, host=PHOTOS, headers={"Retry-After": "1800"})
    sqlite_pipeline.verified(*source(sqlite_pipeline, busy))
    sqlite_pipeline.run_errands()
    sqlite_pipeline.verified(*source(sqlite_pipeline, picture_at(sqlite_pipeline), "/other"))
    sqlite_pipeline.run_errands()
    waiting = sqlite_pipeline.pictures()[-1]
    assert waiting.due_at is not None and (waiting.due_at - datetime.now(UTC)).total_seconds() > 1700
    assert len(sqlite_pipeline.web.requests(PHOTOS)) == 1
    with writing(sqlite_pipeline.engine) as session:
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        session.execute(update(Picture).where(Picture.id == waiting.id).values(waits_since=long_ago))
    again(sqlite_pipeline)
    sqlite_pipeline.run_errands()
    assert sqlite_pipeline.pictures()[-1].hash


def test_a_redirect_to_who_asked_for_patience_is_followed_a_few_times_at_most(sqlite_pipeline: Pipeline) -> None:
    busy = sqlite_pipeline.web.page("/busy.png", status=429, host=PHOTOS, headers={"Retry-After": "3600"})
    third = sqlite_pipeline.web.redirect("/avatar", busy, host="127.0.0.6")
    sqlite_pipeline.verified(*source(sqlite_pipeline, third))
    for _ in range(12):
        sqlite_pipeline.run_errands()
        again(sqlite_pipeline)
    assert len(sqlite_pipeline.web.requests(third)) <= len(RETRIES) + 1
    assert sqlite_pipeline.pictures()[0].hash is None


def test_a_copy_of_today_is_not_fetched_again(sqlite_pipeline: Pipeline) -> None:
    photo = picture_at(sqlite_pipeline)
    sqlite_pipeline.verified(*source(sqlite_pipeline, photo))
    sqlite_pipeline.run_errands()
    sqlite_pipeline.verified(*source(sqlite_pipeline, photo))
    sqlite_pipeline.run_errands()
    assert len(sqlite_pipeline.web.requests(photo)) == 1


def test_the_picture_of_an_item_that_shows_it_to_nobody_publishes_nothing(sqlite_pipeline: Pipeline) -> None:
    sqlite_pipeline.verified(*source(sqlite_pipeline, picture_at(sqlite_pipeline)))
    before = sqlite_pipeline.our_post(sqlite_pipeline.post()).version
    sqlite_pipeline.run_errands()
    assert sqlite_pipeline.our_post(sqlite_pipeline.post()).version == before


NO_PICTURES = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    "svg that calls itself a png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
    "page": (b"<!doctype html><script>alert(1)</script>", "text/html"),
    "bomb": (bomb(), "image/png"),
    "more than 2 MiB": (face() + b"\0" * (2 * 1024 * 1024), "image/png"),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_none_and_is_not_asked_for_again(sqlite_pipeline: Pipeline, name: str) -> None:
    body, kind = NO_PICTURES[name]
    photo = sqlite_pipeline.web.page("/p", body, host=PHOTOS, headers={"Content-Type": kind})
    item = sqlite_pipeline.verified(*source(sqlite_pipeline, photo))
    sqlite_pipeline.run_errands()
    [picture] = sqlite_pipeline.pictures()
    assert (picture.hash, picture.body, picture.due_at) == (None, None, None)
    assert sqlite_pipeline.item(item.id).state is State.PENDING


@on_sqlite
def test_a_server_that_fails_is_asked_again_and_one_without_it_is_not(pipeline: Pipeline) -> None:
    photo = pipeline.web.page("/ada.png", "busy", host=PHOTOS, status=500)
    pipeline.verified(*source(pipeline, photo))
    pipeline.run_errands()
    [picture] = pipeline.pictures()
    assert (picture.hash, picture.attempts) == (None, 1)
    assert picture.due_at is not None and picture.due_at > datetime.now(UTC)
    pipeline.web.gone(photo)
    again(pipeline)
    pipeline.run_errands()
    [picture] = pipeline.pictures()
    assert (picture.hash, picture.body, picture.due_at) == (None, None, None)


def test_a_copy_is_never_exchanged(sqlite_pipeline: Pipeline) -> None:
    sqlite_pipeline.verified(*source(sqlite_pipeline, picture_at(sqlite_pipeline)))
    sqlite_pipeline.run_errands()
    first = sqlite_pipeline.pictures()[0].hash
    picture_at(sqlite_pipeline, face(colour="#33c"))
    again(sqlite_pipeline)
    sqlite_pipeline.run_errands()
    assert sqlite_pipeline.pictures()[0].hash == first


def test_a_picture_that_kills_whoever_reads_it_is_given_up(sqlite_pipeline: Pipeline) -> None:
    class Dying(Child):
        def picture(self, *given: object, **named: object) -> Crashed:  # type: ignore[override]
            self.start()
            os.kill(self.pid or 0, signal.SIGKILL)
            found = super().picture(*given, **named)  # type: ignore[arg-type]
            assert isinstance(found, Crashed)
            return found

    with Dying() as child:
        pipeline = replace(sqlite_pipeline, means=replace(sqlite_pipeline.means, child=child))
        photo = picture_at(pipeline)
        pipeline.verified(*source(pipeline, photo))
        for _ in range(5):
            pipeline.run_errands()
            again(pipeline, only_leases=True)
    assert len(pipeline.web.requests(photo)) == 3
    assert (pipeline.pictures()[0].due_at, pipeline.pictures()[0].hash) == (None, None)


def test_pictures_of_one_host_are_fetched_one_at_a_time_and_one_a_second(sqlite_pipeline: Pipeline) -> None:
    interval = 0.5
    pace = Pace(redis.Redis.from_url("redis://127.0.0.1:1/0"), sqlite_pipeline.engine, interval)
    slow = replace(sqlite_pipeline, means=replace(sqlite_pipeline.means, fetch=fetcher(pace=pace).fetch))
    photos = [picture_at(slow, path=f"/{number}.png") for number in range(4)]
    for number, photo in enumerate(photos):
        slow.claim(*source(slow, photo, f"/{number}", f"127.0.1.{number + 1}"))
    sqlite_pipeline.run()
    while has_due(slow) or any(picture.due_at for picture in slow.pictures()):
        slow.run_errands()
    times = [request.time for request in slow.web.requests(PHOTOS)]
    assert len(times) == 4 and all(picture.hash for picture in slow.pictures())
    assert all(later - earlier >= interval for earlier, later in itertools.pairwise(times))
    assert max(request.concurrent for request in slow.web.requests(PHOTOS)) == 1


@pytest.fixture
def guarded(sqlite_pipeline: Pipeline) -> Iterator[Pipeline]:
    """A pipeline to which the sources, our blog and one host of pictures are open, and nobody else."""
    fetch = fetcher("127.0.0.2/32", "127.0.0.9/32", f"{PHOTOS}/32").fetch
    yield replace(sqlite_pipeline, means=replace(sqlite_pipeline.means, fetch=fetch))


def test_no_picture_leads_to_an_address_that_is_not_public(guarded: Pipeline) -> None:
    canaries = ("127.0.0.1", "127.0.0.3", "127.255.255.254", "[::1]")
    there = [guarded.web.url(host=host) for host in (*PRIVATE, *NUMBERS)] + list(NOT_A_PAGE)
    for number, url in enumerate(there):
        direct = url if url.startswith("http") and "'" not in url else "http://127.0.0.1/"
        guarded.claim(*source(guarded, direct, f"/direct/{number}"))
        hop = guarded.web.redirect(f"/hop/{number}", url, host=PHOTOS)
        guarded.claim(*source(guarded, hop, f"/source/{number}"))
    guarded.run()
    guarded.run_errands()
    pictures = guarded.pictures()
    assert len(pictures) >= 2 * len(PRIVATE) + len(NOT_A_PAGE)
    assert not any(picture.hash for picture in pictures)
    assert sum(guarded.web.connections(host) for host in canaries) == 0
    assert len(guarded.web.requests(PHOTOS)) == len(there)


def test_a_picture_that_nobody_names_any_more_is_dropped(pipeline: Pipeline) -> None:
    item = pipeline.verified(*source(pipeline, picture_at(pipeline)))
    pipeline.run_errands()
    age(pipeline, timedelta(hours=2))
    pipeline.run_errands()
    assert len(pipeline.pictures()) == 1 and not any_unused(pipeline.engine, datetime.now(UTC))
    with writing(pipeline.engine) as session:
        session.execute(delete(Reflection).where(Reflection.id == item.id))
    assert any_unused(pipeline.engine, datetime.now(UTC))
    pipeline.run_errands()
    assert pipeline.pictures() == []


def test_pictures_that_nobody_names_are_dropped_however_many_they_are(sqlite_pipeline: Pipeline) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    columns = {"day": long_ago.date(), "host": PHOTOS, "wanted": long_ago}
    with writing(sqlite_pipeline.engine) as session:
        session.add_all(Picture(url=f"http://{PHOTOS}/{number}", **columns) for number in range(2 * BATCH + 1))
    with writing(sqlite_pipeline.engine) as session:
        assert drop(session, datetime.now(UTC)) == BATCH
    sqlite_pipeline.run_errands()
    assert sqlite_pipeline.pictures() == []


def test_what_a_killed_worker_held_comes_again(sqlite_pipeline: Pipeline) -> None:
    sqlite_pipeline.verified(*source(sqlite_pipeline, picture_at(sqlite_pipeline)))
    [want] = due.claim_pictures(sqlite_pipeline.engine, 8, datetime.now(UTC))
    assert not has_due(sqlite_pipeline)
    assert due.any_picture(sqlite_pipeline.engine, datetime.now(UTC) + LEASE)
    due.give_back(sqlite_pipeline.engine, [want])
    assert has_due(sqlite_pipeline)


def test_a_run_whose_time_is_over_gives_back_what_it_waits_for(sqlite_pipeline: Pipeline) -> None:
    photo = sqlite_pipeline.web.page("/slow.png", face(), host=PHOTOS, delay=9.0)
    sqlite_pipeline.verified(*source(sqlite_pipeline, photo))
    rings = list[int]()
    began = time.monotonic()
    assert Pictures(replace(sqlite_pipeline.means, ring=lambda: rings.append(1)), seconds=0.5)() == 0
    assert time.monotonic() - began < 6 and rings == [1]
    [picture] = sqlite_pipeline.pictures()
    assert (picture.lease, picture.attempts) == (None, 0) and has_due(sqlite_pipeline)


def test_a_picture_comes_from_wherever_its_server_leads(sqlite_pipeline: Pipeline) -> None:
    def answer(request: Request) -> Answer:
        return Answer(face(), headers={"Content-Type": "application/octet-stream"})

    there = sqlite_pipeline.web.answers("/there", answer, host="127.0.0.6")
    photo = sqlite_pipeline.web.redirect("/avatar", there, host=PHOTOS)
    sqlite_pipeline.verified(*source(sqlite_pipeline, photo))
    sqlite_pipeline.run_errands()
    assert sqlite_pipeline.pictures()[0].hash


def age(pipeline: Pipeline, span: timedelta) -> None:
    """Lets time go by."""
    with writing(pipeline.engine) as session:
        then = datetime.now(UTC) - span
        session.execute(update(Picture).values(wanted=then, day=then.date()))


def again(pipeline: Pipeline, only_leases: bool = False) -> None:
    """Lets the time until the next attempt go by, where there is to be one."""
    with writing(pipeline.engine) as session:
        values = {"leased_until": None} if only_leases else {"leased_until": None, "due_at": datetime.now(UTC)}
        session.execute(update(Picture).where(Picture.due_at.is_not(None)).values(values))


@on_sqlite
def test_scheduler_and_errands_worker_see_to_it_by_themselves(pipeline: Pipeline, start_worker: Start) -> None:
    pipeline.verified(*source(pipeline, picture_at(pipeline)))
    start_worker("scheduler")
    start_worker("worker", "errands")
    until(lambda: pipeline.pictures()[0].hash, 40, "nobody fetches the picture")
    assert not has_due(pipeline)
