"""Each part started by its own command, on PostgreSQL and Redis, as docs/running.md says."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import psutil

from tests.support import production as parts
from tests.support.commands import command
from tests.support.service import WholeRun
from tests.support.waiting import free_port, until
from tests.support.web import Web


def test_a_webmention_goes_all_the_way(production: WholeRun, web: Web) -> None:
    target = web.page("/post", "<title>A post</title>", host="127.0.0.2")
    source = web.page("/source", f'<title>Yes</title><p>As <a href="{target}">they</a> say.</p>', host="127.0.0.3")
    site = production.add_site(web.url("/", "127.0.0.2"))
    assert production.webmention(source, target).status == 201
    (item,) = until(lambda: production.items(site, state="pending"), 30, "it was not verified")
    assert item["source"] == source


def test_several_processes_answer(production: WholeRun) -> None:
    workers = psutil.Process(production.process.pid).children(recursive=True)
    assert len([one for one in workers if one.is_running()]) >= parts.PROCESSES


def test_a_web_process_that_dies_is_started_again(production: WholeRun) -> None:
    main = psutil.Process(production.process.pid)
    (first, *_) = serving(main)
    first.kill()
    until(lambda: len(serving(main)) == parts.PROCESSES and first not in serving(main), 15, "nobody took its place")
    until(lambda: production.ask("/readyz").status == 200, 10, "it is not ready")


def serving(main: psutil.Process) -> list[psutil.Process]:
    living = [child for child in main.children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if "resource_tracker" not in " ".join(child.cmdline())]


def test_sqlite_takes_one_process(tmp_path: Path) -> None:
    said = command("web", "--processes", "2", "--data", tmp_path, BASE_URL="https://reflections.example")
    assert "a SQLite database takes one web process" in said.complaint


def test_web_stops_when_it_is_told(production: WholeRun, tmp_path: Path) -> None:
    port = free_port()
    with parts.web(port, tmp_path / "log", production.environ) as run:
        everybody = [
            run.process.pid,
            *(child.pid for child in psutil.Process(run.process.pid).children(recursive=True)),
        ]
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(10) == 0
        assert not [pid for pid in everybody if psutil.pid_exists(pid)]
        assert "Traceback" not in run.printed


def test_web_that_is_killed_leaves_nobody_behind(production: WholeRun, tmp_path: Path) -> None:
    with parts.web(free_port(), tmp_path / "log", production.environ) as run:
        children = psutil.Process(run.process.pid).children(recursive=True)
        run.process.kill()
        run.process.wait()
        until(lambda: not [child for child in children if child.is_running()], 10, "a process of it lives on")


def test_the_doctor_finds_it_well(production: WholeRun) -> None:
    said = command("doctor", environ=production.environ)
    assert said.status == 0, said
    assert re.search(r"^ok +settings +PostgreSQL, at http://127\.0\.0\.1:\d+$", said.out, re.MULTILINE)
    assert "SECRET" not in said.out and production.environ["REFLECTIONS_SECRET_KEY"] not in said.out
