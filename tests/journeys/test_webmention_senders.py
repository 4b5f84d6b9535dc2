"""Senders that others wrote find our endpoint on a blog's page and send to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import KnownSite, WholeRun
from tests.support.waiting import until
from tests.support.web import Web

ROOT = Path(__file__).parents[2]
VENV = Path(sys.executable).parent
MOST = 60
"""Seconds that a sender may take."""


@pytest.fixture
def blog(web: Web, whole_run: WholeRun) -> KnownSite:
    """A blog whose pages advertise our endpoint, and which has one post."""
    site = whole_run.add_site(web.url("/"))
    advertise(web, whole_run, "/post")
    return site


def advertise(web: Web, run: WholeRun, path: str) -> None:
    """A post as the README tells its owner to write it."""
    web.page(
        path,
        f'<!doctype html><html><head><meta charset="utf-8"><title>A post</title>'
        f'<link rel="webmention" href="{run.url}/webmention"></head><body><p>Words.</p></body></html>',
    )


def write(web: Web, target: str) -> str:
    """A post on another blog, with microformats, that answers ours."""
    return web.page(
        "/answer",
        f'<!doctype html><html><head><meta charset="utf-8"><title>An answer</title></head><body>'
        f'<article class="h-entry"><h1 class="p-name">An answer</h1>'
        f'<p>by <a class="p-author h-card" href="/">Élise</a>, in reply to '
        f'<a class="u-in-reply-to" href="{target}">their post</a></p>'
        f'<div class="e-content"><p>I don’t think so.</p></div>'
        f'<a class="u-url" href="/answer">here</a></article></body></html>',
        host="127.0.0.3",
    )


def pushl(source: str, _target: str, folder: Path) -> list[str | Path]:
    return [VENV / "pushl", "--cache", folder, "--entry", source, "--no-wayback-machine"]


def ronkyuu(source: str, target: str, _folder: Path) -> list[str | Path]:
    program = (
        "import sys, ronkyuu; source, target = sys.argv[1:];"
        "sent = ronkyuu.sendWebmention(source, target, test_urls=False); sys.exit(sent.status_code != 201)"
    )
    return [sys.executable, "-c", program, source, target]


def wm(source: str, _target: str, _folder: Path) -> list[str | Path]:
    return [VENV / "node", ROOT / "node_modules" / ".bin" / "webmention", source, "--send"]


@pytest.mark.parametrize("sender", [pushl, ronkyuu, wm], ids=lambda sender: sender.__name__)
def test_a_sender_discovers_sends_and_is_verified(
    sender: object, blog: KnownSite, web: Web, whole_run: WholeRun, tmp_path: Path
) -> None:
    target = blog.page("post")
    source = write(web, target)
    command = sender(source, target, tmp_path)  # type: ignore[operator]
    sent = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=MOST, check=False)
    assert sent.returncode == 0, sent.stdout + sent.stderr

    def verified() -> object:
        return [item for item in whole_run.items(blog) if item["state"] == "pending"]

    [item] = until(verified, 30, f"nothing was verified; the sender said:\n{sent.stdout}\n{sent.stderr}")  # type: ignore[misc]
    assert (item["kind"], item["type"], item["source"]) == ("webmention", "reply", source)
    assert item["author"]["name"] == "Élise"
    assert "I don’t think so." in item["content"]["text"]
