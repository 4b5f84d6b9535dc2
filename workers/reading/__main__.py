"""The reading child's own side: ``python -m workers.reading``, started by :mod:`workers.child` and by nobody else.

It reads pages from its standard input, one after another, and answers each on its standard output: of a source the
link test's verdict, which costs little, and then everything; of a post of ours its heading; of an author's picture a
small one. It has no settings, no network of its own making, no secrets in its environment, and it ends when its parent
does.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import select
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from service.values.address import parse
from service.values.page import Failure, Page
from workers.reading import crossing, judge, read
from workers.reading.author import author
from workers.reading.heading import heading
from workers.reading.picture import draw
from workers.reading.reading import failed
from workers.reading.vouch import vouches

CPU_SECONDS = 5
"""Of processor time for one page."""

MEMORY = 256 * 1024 * 1024
"""Bytes of address space beyond what it holds when warm."""

_RETIRES = 64 * 1024 * 1024
_SAMPLE = b"""<!doctype html><html lang="en"><title>A page</title><div class="h-entry"><p class="p-name">One</p>
<a class="p-author h-card" href="/me">Me</a> <time class="dt-published" datetime="2011-10-14T09:30:00Z">then</time>
<a class="u-in-reply-to" href="https://warm.invalid/post">that</a> <p class="e-content">Some <b>words</b>.</div>"""


def main() -> None:
    """Warm up, say so, and read what comes until nothing does."""
    pages, answers = _pipes()
    target = parse("https://warm.invalid/post")
    read(Page(target, parse("https://warm.invalid/source"), {"content-type": "text/html"}, _SAMPLE), [target])
    gc.collect()
    gc.freeze()
    warm = _held()
    if warm is not None:
        _limit(resource.RLIMIT_AS, warm + MEMORY)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say(answers, {"ready": True})
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    while header := pages.read(8):
        head, body = struct.unpack("!II", header)
        request = json.loads(pages.read(head))
        page = crossing.page_of(request, pages.read(body))
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS)
        if request["question"] == "source":
            _read(page, request["about"], answers, warm)
        else:
            _answer(ANSWERS[request["question"]](page, *request["about"]), answers, warm)


def _heading(page: Page) -> dict[str, Any]:
    """Of a post of ours; what has no memory left for it dies of it."""
    return crossing.heading_message(heading(page))


def _picture(page: Page) -> dict[str, Any]:
    """Of an author's picture."""
    try:
        return crossing.portrait_message(draw(page))
    except MemoryError:
        return crossing.portrait_message(failed(page, "too_heavy"))


def _author(page: Page, wanted: str) -> dict[str, Any]:
    """Of a page that a source names as its author's."""
    return crossing.author_message(author(page, parse(wanted, longest=None)))


def _vouch(page: Page, domain: str) -> dict[str, Any]:
    """Of a page that is to vouch for a domain."""
    return {"vouches": vouches(page, domain)}


ANSWERS: Mapping[str, Callable[..., dict[str, Any]]] = MappingProxyType(
    {"heading": _heading, "picture": _picture, "author": _author, "vouch": _vouch}
)
"""What may be asked of a page beside what a source says."""


def _read(page: Page, targets: list[str], answers: BinaryIO, warm: int | None) -> None:
    """Of a source of one of the targets."""
    try:
        verdict = judge(page, [parse(target, longest=None) for target in targets])
    except MemoryError:
        _say(answers, {"found": crossing.message(failed(page, "too_heavy")), "last": True})
        sys.exit()
    if isinstance(verdict, Failure):
        _answer(crossing.message(verdict), answers, warm)
        return
    _say(answers, {"verdict": crossing.message(verdict.reading)})
    try:
        found = verdict.whole()
    except MemoryError:
        _say(answers, {"found": crossing.message(verdict.reading), "last": True})
        sys.exit()
    _answer(crossing.message(found), answers, warm)


def _answer(found: dict[str, Any], answers: BinaryIO, warm: int | None) -> None:
    """The last word on a page, and on this child where the page has left too much behind."""
    held = _held()
    last = held is not None and warm is not None and held > warm + _RETIRES
    _say(answers, {"found": found, "last": last})
    if last:
        sys.exit()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Where pages come from and answers go; a library that prints writes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    return os.fdopen(os.dup(sys.stdin.fileno()), "rb"), answers


def _end_with_parent() -> None:
    """Ends everything at once when the other end of the pipe is gone, in the midst of a page too."""
    watched = select.poll()
    watched.register(sys.stdin.fileno(), 0)
    while True:
        watched.poll()
        os._exit(0)


def _say(answers: BinaryIO, words: dict[str, Any]) -> None:
    said = json.dumps(words, ensure_ascii=False).encode("utf-8", "replace")
    answers.write(struct.pack("!I", len(said)) + said)
    answers.flush()


def _limit(what: int, soft: int) -> None:
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _held() -> int | None:
    """Bytes of address space, where the system tells (Linux)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return None


if __name__ == "__main__":
    main()
