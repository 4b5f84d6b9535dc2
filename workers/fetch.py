"""One safe GET, through which any byte from outside comes: sources, redirects, author pages, pictures.

Whatever a server does ends as a value: a :class:`Page`, :class:`Unchanged`, :class:`Failure` with its
reason, or :class:`Busy` where a host's turn is taken or it asked for patience. Every hop is checked, paced and counted
anew, under one deadline that begins with the first look-up; a host that is known to be down is not asked. Nothing of
one request goes along with the next: no cookies, no validators, no ``Referer``; nothing comes from the environment: no
proxies, no ``.netrc``.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import ssl
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import requests
from urllib3.exceptions import DecodeError, HTTPError

from service.values.address import Address
from service.values.page import Busy, Failure, Fetched, Hop, Limits, Page, Unchanged, Validators
from service.values.reason import Reason
from workers import answer
from workers.answer import READABLE, Accept
from workers.connection import Budget, Overdrawn, Route, authorities, get
from workers.health import UNREACHED, Health, Trouble
from workers.lookup import Lookup
from workers.network import Guard
from workers.pace import Pace, Passage
from workers.reading.wall import START, wall
from workers.stopped import Stopped, Unconnected

HEAD_BYTES = 64 * 1024
"""What may come before the body: status lines, headers, ``100 Continue`` (http.client adds: 100 headers)."""

_BLOCK = 64 * 1024
_READ_AHEAD = 16 * 1024
"""What the buffer over the socket may have read of the body together with the head."""

BROKEN = (Overdrawn, requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError)
"""How the libraries say that an answer is none."""

# urllib3 logs what is odd in an answer, with the stranger's words and a traceback.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def user_agent(version: str, base_url: str) -> str:
    """Who we say that we are (RFC 9110 10.1.5): product, version, and an address that explains."""
    return f"Reflections/{version} (Webmention; +{base_url}/webmention)"


@dataclass(slots=True)
class _Chain:
    """One fetch under way."""

    asked: Address
    limits: Limits
    budget: Budget
    at: Address
    hops: list[Hop] = field(default_factory=list)

    def failure(self, reason: Reason, retry_after: float | None = None, status: int | None = None) -> Failure:
        return Failure(reason, self.at, tuple(self.hops), self.budget.spent, retry_after, status)

    def spared(self, trouble: Trouble) -> Failure | Busy:
        """What it comes to where the next host rests, and is not asked. Behind a redirect that is an attempt like
        others: whoever redirects was asked once more, and must not be for as long as somebody else likes."""
        if trouble.is_down or self.hops:
            patience = None if trouble.is_down else trouble.seconds
            return replace(self.failure(Reason(trouble.reason), patience), remembered=True)
        return Busy(self.at.domain, trouble.seconds, tuple(self.hops), asked_for=True)

    def follow(self, there: Address | None, status: int) -> Failure | None:
        """Goes on to where a redirect leads, or says why not."""
        if there is None:
            return self.failure(Reason("refused_redirect"))
        if len(self.hops) >= self.limits.redirects or there.page in self._pages_seen():
            return self.failure(Reason("too_many_redirects"))
        self.hops.append(Hop(self.at.url, status, there.url))
        self.at = there
        return None

    def _pages_seen(self) -> set[str]:
        return {self.at.page} | {hop.url.partition("#")[0] for hop in self.hops}


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    there: Address | None


class Fetcher:
    """Fetches pages. Thread-safe; one for a process.

    ``trusted`` stands in for the usual certificate authorities, ``lookup`` for the system's name servers. Without
    ``health`` every host is asked, however often it failed; a fetch that is given less than ``patience`` seconds says
    nothing of a host that needs longer.
    Once ``stop`` is set, a fetch that waits for a turn or is to follow a redirect ends as :class:`Busy`.
    """

    def __init__(
        self,
        guard: Guard,
        pace: Pace,
        user_agent: str,
        *,
        lookup: Lookup | None = None,
        trusted: ssl.SSLContext | None = None,
        health: Health | None = None,
        patience: float = 0.0,
        stop: threading.Event | None = None,
    ):
        self._guard = guard
        self._pace = pace
        self._user_agent = user_agent
        self._lookup = lookup or Lookup()
        self._trusted = trusted or authorities()
        self._health = health
        self._patience = patience
        self._stop = stop or threading.Event()

    def fetch(
        self,
        address: Address,
        limits: Limits = Limits(),  # noqa: B008
        since: Validators | None = None,
        accept: Accept = READABLE,
        waited: bool = False,
    ) -> Fetched:
        """The page at ``address``, redirects followed. ``since`` makes the first request conditional. Who has
        ``waited`` long enough has hosts asked that ask for patience, too, as their turn comes.

        Never raises for anything that a server or name server does; SQLAlchemy's errors pass where Redis and
        the database are both away, since nobody can say then whose turn it is.
        """
        chain = _Chain(address, limits, Budget(limits.seconds), address)
        passage = Passage(self._pace, limits.seconds, limits.redirects, self._stop)
        try:
            while True:
                trouble = self._health.of(chain.at) if self._health else None
                if trouble and trouble.rests and (trouble.is_down or not waited):
                    return chain.spared(trouble)
                before = passage.waited
                if seconds := passage.enter(chain.at.domain):
                    return Busy(chain.at.domain, seconds, tuple(chain.hops))
                chain.budget.pause(passage.waited - before)
                found = self._ask(chain, since if not chain.hops else None, accept, trouble)
                passage.answered()
                if not isinstance(found, _Redirect):
                    return found
                if failure := chain.follow(found.there, found.status):
                    return failure
                if self._stop.is_set():
                    return Busy(chain.at.domain, self._pace.interval, tuple(chain.hops))
        except Stopped as stopped:
            return chain.failure(stopped.reason)
        finally:
            passage.leave()

    def _ask(
        self, chain: _Chain, since: Validators | None, accept: Accept, trouble: Trouble | None
    ) -> Fetched | _Redirect:
        chain.budget.allow(HEAD_BYTES + _READ_AHEAD)
        route = Route(self._guard, self._lookup, chain.budget)
        try:
            with contextlib.closing(get(chain.at, self._headers(since, accept), route, self._trusted)) as response:
                self._is_well(chain.at, trouble)
                found = _read(chain, response, since, accept)
            self._heed(chain.at, found)
            return found
        except Unconnected as stopped:
            self._is_down(chain, stopped.reason, trouble)
            return chain.failure(stopped.reason)
        except Stopped as stopped:
            return chain.failure(stopped.reason)
        except DecodeError:
            return chain.failure(Reason("refused_encoding"))
        except BROKEN:
            return chain.failure(Reason("malformed_answer"))

    def _is_well(self, at: Address, trouble: Trouble | None) -> None:
        """Forgets what was; but one page that we may have says nothing to a rest that is still asked for."""
        if self._health and trouble and not trouble.rests:
            self._health.answered(at)

    def _is_down(self, chain: _Chain, reason: Reason, trouble: Trouble | None) -> None:
        """Counts it, unless little time may have been left: behind a redirect, or where we were impatient."""
        hasty = reason.code == "timeout" and chain.limits.seconds < self._patience
        if self._health and reason.code in UNREACHED and not chain.hops and not hasty:
            self._health.failed(chain.at, reason.code, trouble)

    def _heed(self, at: Address, found: Fetched | _Redirect) -> None:
        """Leaves a server alone for as long as it asks."""
        if self._health and isinstance(found, Failure) and found.retry_after and found.status in answer.PATIENCE:
            self._health.asks_for(at, found.retry_after)

    def _headers(self, since: Validators | None, accept: Accept) -> dict[str, str]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": accept.header,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        if since and since.etag:
            headers["If-None-Match"] = since.etag
        if since and since.modified:
            headers["If-Modified-Since"] = since.modified
        return headers


def _read(chain: _Chain, response: requests.Response, since: Validators | None, accept: Accept) -> Fetched | _Redirect:
    """What the answer is: its head judged, and its body read where it is a page."""
    status, answered = response.status_code, response.raw.headers
    headers = answer.headers_of(answered)
    if status in answer.REDIRECTS and "location" in headers:
        return _Redirect(status, answer.destination(chain.at, answered))
    if status == 304 and since and (since.etag or since.modified):
        return Unchanged(chain.asked, chain.at, tuple(chain.hops), chain.budget.spent)
    if wrong := answer.wrong_status(status):
        if name := wall(status, headers, _start(response, chain)):
            wrong = Reason("bot_wall", {"wall": name, "status": status})
        patience = answer.retry_after(headers, datetime.now(UTC)) if wrong.meaning.passes else None
        return chain.failure(wrong, patience, status)
    if wrong := answer.wrong_framing(answered):
        return chain.failure(wrong, status=status)
    page = Page(chain.asked, chain.at, headers, b"", hops=tuple(chain.hops), status=status)
    if not accept.takes(page.content_type):
        return chain.failure(Reason("unsupported_type", {"type": page.content_type[:100]}), status=status)
    body, truncated = _body(response, chain)
    return Page(chain.asked, chain.at, headers, body, truncated, page.hops, chain.budget.spent, status)


def _start(response: requests.Response, chain: _Chain) -> bytes:
    """How the body of an answer that is no page begins, as far as it can be read: it tells whose wall it may be."""
    chain.budget.allow(START + _BLOCK)
    with contextlib.suppress(*BROKEN, Stopped):
        return bytes(response.raw.read(START, decode_content=True))
    return b""


def _body(response: requests.Response, chain: _Chain) -> tuple[bytes, bool]:
    """The body, decompressed, and whether it is cut at the limit. Decompression stops there too."""
    limit = chain.limits.bytes
    # A compressed body may be larger on the way by a little; chunks add theirs.
    chain.budget.allow(limit + limit // 4 + _BLOCK)
    body = bytearray()
    with contextlib.suppress(Overdrawn):
        while len(body) <= limit:
            block = response.raw.read(min(_BLOCK, limit + 1 - len(body)), decode_content=True)
            if not block:
                return bytes(body), False
            body += block
    return bytes(body[:limit]), True
