"""Workers as processes: killed, stopped, called by wrong names, without Redis; no item is lost and none done twice."""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from config.settings import Settings
from service.bell import Bell
from service.values.state import State
from tests.support.databases import on_sqlite
from tests.support.disk import Quota
from tests.support.redis import Stoppable
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from tests.support.worker import Start, sweeping

Log = Callable[[], str]


def claim(pipeline: Pipeline, count: int, held: threading.Event | None = None) -> list[int]:
    """So many claims, each of a host of its own, which answers once ``held`` is set."""
    target = pipeline.post()
    hosts = [f"127.0.{1 + number // 200}.{1 + number % 200}" for number in range(count)]
    pages = [pipeline.web.page("/", f"<a href='{target}'>x</a>", host=host, held=held) for host in hosts]
    return [pipeline.claim(page, target) for page in pages]


def ring(redis_url: str) -> None:
    Bell(redis_url).ring("verify")


def verified(pipeline: Pipeline, items: list[int]) -> bool:
    return all(pipeline.item(item).state is State.PENDING for item in items)


def fetching(pipeline: Pipeline, count: int) -> bool:
    return len([request for request in pipeline.web.requests() if not request.path.startswith("/post")]) >= count


def let_leases_end(pipeline: Pipeline) -> None:
    """As if three quarters of a minute had passed."""
    for item in pipeline.items():
        pipeline.change(item.id, leased_until=None)


def test_a_worker_verifies_what_is_due_when_it_is_rung_for(
    pipeline: Pipeline, start_worker: Start, redis_url: str
) -> None:
    items = claim(pipeline, 3)
    ring(redis_url)
    start_worker()
    until(lambda: verified(pipeline, items), 30, "the worker did not verify")


def test_no_job_is_torn_out_of_what_it_does(redis_url: str) -> None:
    ring(redis_url)
    [job] = Queue("verify", connection=redis.Redis.from_url(redis_url), serializer=JSONSerializer).jobs
    assert job.timeout == -1


@on_sqlite
def test_a_flooded_host_is_worked_off_at_its_pace_by_one_ring(
    pipeline: Pipeline, start_worker: Start, redis_url: str
) -> None:
    target = pipeline.post()
    pages = [pipeline.web.page(f"/{number}", f"<a href='{target}'>x</a>") for number in range(4)]
    items = [pipeline.claim(page, target) for page in pages]
    ring(redis_url)
    start_worker(FETCH_HOST_INTERVAL="1")
    until(lambda: verified(pipeline, items), 30, "the flood is not worked off by one ring")
    requests = pipeline.web.requests("127.0.0.2")
    assert requests[-1].time - requests[0].time < 12
    assert all(later.time - earlier.time >= 0.99 for earlier, later in itertools.pairwise(requests))
    assert max(request.concurrent for request in requests) == 1


def test_what_a_killed_worker_held_is_done_by_another_and_once(
    pipeline: Pipeline, start_worker: Start, redis_url: str
) -> None:
    answers = threading.Event()
    items = claim(pipeline, 8, answers)
    ring(redis_url)
    first = start_worker()
    until(lambda: fetching(pipeline, 8), 30, "the worker fetches nothing")
    first.kill()
    first.wait()
    assert all(pipeline.item(item).lease for item in items)
    answers.set()
    let_leases_end(pipeline)
    redis.Redis.from_url(redis_url).flushall()
    start_worker()
    ring(redis_url)
    until(lambda: verified(pipeline, items), 30, "what was held is lost")
    assert [len(pipeline.events(item)) for item in items] == [1] * 8


@on_sqlite
def test_a_disk_that_is_full_meanwhile_ends_no_worker_and_loses_nothing(
    pipeline: Pipeline, start_worker: Start, redis_url: str, worker_log: Log, settings: Settings, tmp_path: Path
) -> None:
    answers = threading.Event()
    items = claim(pipeline, 4, answers)
    disk = Quota((tmp_path / "reflections.db-wal").stat().st_size)
    ring(redis_url)
    worker = start_worker()
    until(lambda: fetching(pipeline, 4), 30, "the worker fetches nothing")
    disk.fill(worker.pid)
    answers.set()
    until(lambda: "what was held comes again" in worker_log(), 30, "it does not notice")
    assert all(pipeline.item(item).state is State.RECEIVED for item in items)
    disk.free()
    let_leases_end(pipeline)
    with sweeping(settings):
        until(lambda: verified(pipeline, items), 30, "what was held is lost")
    assert [len(pipeline.events(item)) for item in items] == [1] * 4
    assert worker.poll() is None


@on_sqlite
def test_a_killed_worker_leaves_no_child_behind(pipeline: Pipeline, start_worker: Start, redis_url: str) -> None:
    items = claim(pipeline, 1)
    ring(redis_url)
    worker = start_worker()
    until(lambda: verified(pipeline, items), 30, "the worker did not verify")
    children = psutil.Process(worker.pid).children(recursive=True)
    assert children
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 5, "it lives on")


@on_sqlite
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_that_is_asked_to_stop_gives_back_what_it_fetches(
    pipeline: Pipeline, start_worker: Start, redis_url: str, how: int
) -> None:
    items = claim(pipeline, 4, threading.Event())
    ring(redis_url)
    worker = start_worker()
    until(lambda: fetching(pipeline, 4), 30, "the worker fetches nothing")
    began = time.monotonic()
    worker.send_signal(how)
    worker.send_signal(how)
    assert worker.wait(10) == 0 and time.monotonic() - began < 5
    assert all((one.lease, one.leased_until, one.attempts) == (None, None, 0) for one in map(pipeline.item, items))


@on_sqlite
def test_a_job_that_is_queued_twice_does_nothing_twice(pipeline: Pipeline, start_worker: Start, redis_url: str) -> None:
    items = claim(pipeline, 3)
    queue = Queue("verify", connection=redis.Redis.from_url(redis_url), serializer=JSONSerializer)
    for _ in range(3):
        queue.enqueue("workers.jobs.verify_due")
    start_worker()
    until(lambda: verified(pipeline, items) and not queue.count, 30, "the worker did not verify")
    assert [len(pipeline.events(item)) for item in items] == [1] * 3


@on_sqlite
def test_what_other_releases_and_strangers_put_into_the_queue_ends_no_worker(
    pipeline: Pipeline, start_worker: Start, redis_url: str, worker_log: Log, tmp_path: Path
) -> None:
    connection = redis.Redis.from_url(redis_url)
    queue = Queue("verify", connection=connection, serializer=JSONSerializer)
    queue.enqueue("workers.jobs.verify_in_the_year_2020", 7)
    trap = tmp_path / "trap"
    pickled = queue.enqueue("workers.jobs.verify_due")
    connection.hset(pickled.key, "data", pickle.dumps((str(Trap(trap)), Trap(trap))))
    items = claim(pipeline, 2)
    queue.enqueue("workers.jobs.verify_due", 17, among=["others"])
    worker = start_worker()
    until(lambda: verified(pipeline, items), 30, "the worker did not verify")
    assert worker.poll() is None and not trap.exists()
    assert "verify_in_the_year_2020" in worker_log()


class Trap:
    """What runs a command where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


@on_sqlite
def test_redis_may_be_emptied_and_stopped_meanwhile(
    pipeline: Pipeline, start_worker: Start, settings: Settings, stoppable_redis: Stoppable
) -> None:
    url = stoppable_redis.url
    answers = threading.Event()
    first = claim(pipeline, 4, answers)
    worker = start_worker(REDIS_URL=url)
    with sweeping(settings.model_copy(update={"redis_url": url})):
        until(lambda: fetching(pipeline, 4), 30, "the worker fetches nothing")
        stoppable_redis.connection.flushall()
        answers.set()
        until(lambda: verified(pipeline, first), 30, "what was under way is lost")
        stoppable_redis.stop()
        second = claim(pipeline, 8)
        assert worker.poll() is None
        stoppable_redis.start()
        until(lambda: verified(pipeline, second), 40, "it does not come back by itself")
    assert worker.poll() is None
