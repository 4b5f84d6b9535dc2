"""The four other blogs send their pingbacks, and the demo's owner approves them: once, when the demo is new.

The pings are real ones, verified by the workers. The approvals go through the public moderation API with the demo
site's own token. All of it may run twice: a known pair is known, and what somebody decided is left as it is.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from service.demo.blog.content import ECHOES, FAMOUS
from service.demo.blog.send import SECONDS, send

PATIENCE = 600.0
"""Seconds after which it is given up; the next start tries again."""

PAUSE = 1.0
"""Seconds between two tries."""

CACHED = 12.0
"""Seconds for which a reader's browser may keep a thread (10 s), and a little more."""


@dataclass(slots=True)
class Introduction:
    """How far it has come, as the pages ask for it."""

    under_way: bool = False
    ended: float = field(default=float("-inf"))
    """Of ``time.monotonic``."""

    @property
    def news(self) -> bool:
        """Whether the famous post's thread may have changed since it was last shown."""
        return self.under_way or time.monotonic() - self.ended < CACHED


def introduce(introduction: Introduction, service: str, token: str, own: str) -> None:
    """Send and approve until all four are decided, or until the patience is over."""
    sources = {own + post.path for post in ECHOES}
    unsent, undecided = [own + post.path for post in ECHOES], set(sources)
    end = time.monotonic() + PATIENCE
    rest = Event()
    introduction.under_way = True
    try:
        while undecided and time.monotonic() < end:
            try:
                while unsent and send("pingback", unsent[0], own + FAMOUS.path).taken:
                    unsent.pop(0)
                undecided -= set(_approve(service, token, undecided))
            except (OSError, ValueError) as away:
                print(f"the service is not there yet: {away}", file=sys.stderr, flush=True)
            rest.wait(PAUSE)
    finally:
        introduction.under_way, introduction.ended = False, time.monotonic()


def _approve(service: str, token: str, sources: set[str]) -> Iterator[str]:
    """Approves what waits of these sources; gives those that are decided now."""
    for item in _waiting(service, token):
        if item["source"] in sources and item["state"] == "pending":
            decision = {"state": "approved", "from": "pending", "seen": item["latest"]}
            _ask(f"{service}/api/v1/reflections/{item['id']}", token, decision)
            yield item["source"]


def _waiting(service: str, token: str) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        query = {"waiting": "true"} | ({"after": after} if after else {})
        page = _ask(f"{service}/api/v1/reflections?{urlencode(query)}", token)
        yield from page["reflections"]
        after = page["next"]
        if not after:
            return


def _ask(url: str, token: str, decision: dict[str, Any] | None = None) -> Any:
    """What the moderation API answers. Somebody quicker (409) decided too."""
    body = None if decision is None else json.dumps(decision).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method="GET" if body is None else "PATCH")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except HTTPError as refused:
        with refused:
            if refused.code == 409:
                return json.load(refused)
            raise
