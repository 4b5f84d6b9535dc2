"""The usual way: a job for each page, which RQ's default worker runs in a process forked for it."""

from __future__ import annotations

from collections.abc import Sequence

import redis
import requests
from bs4 import BeautifulSoup
from rq import Queue
from rq.job import Job

from bench import pages


def verify(source: str) -> bool:
    """Whether the page has the link. Nothing is stored."""
    answer = requests.get(source, timeout=10)
    document = BeautifulSoup(answer.content, "html.parser")
    return any(link.get("href") == pages.TARGET for link in document.find_all("a"))


def enqueue(redis_url: str, sources: Sequence[str]) -> None:
    """A job for each source."""
    queue = _queue(redis_url)
    for source in sources:
        queue.enqueue(verify, source)


def rate(redis_url: str, number: int) -> float:
    """Pages a second between the first job's end and the last's: the worker's own start is not held against it."""
    queue = _queue(redis_url)
    jobs = Job.fetch_many(queue.finished_job_registry.get_job_ids(), connection=queue.connection)
    ended = sorted(job.ended_at for job in jobs if job is not None and job.ended_at is not None)
    assert len(ended) == number, f"of {number} jobs {len(ended)} ended well"
    return float((number - 1) / (ended[-1] - ended[0]).total_seconds())


def _queue(redis_url: str) -> Queue:
    return Queue("pages", connection=redis.Redis.from_url(redis_url))
