"""The usual way: a job for each page, which RQ's default worker runs in a process forked for it."""

from __future__ import annotations

from collections.abc import Sequence

import redis
import requests
from bs4 import BeautifulSoup
from rq import Queue

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


def done(redis_url: str) -> int:
    """How many jobs have ended well."""
    return len(_queue(redis_url).finished_job_registry)


def _queue(redis_url: str) -> Queue:
    return Queue("pages", connection=redis.Redis.from_url(redis_url))
