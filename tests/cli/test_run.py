"""``reflections run``: what ``make run`` starts, as its user sees it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.model import Reflection
from service.model.engine import create
from tests.support.commands import command
from tests.support.parts import processes
from tests.support.service import KnownSite, WholeRun, whole
from tests.support.waiting import answers, free_port, until

STOP_SECONDS = 10
RESTARTED = re.compile(r"supervisor +\| (\S+) was killed by SIGKILL; it is started again in")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A run that the tests of this file may hurt; it was up within the minute for which ``whole`` waits."""
    with whole(tmp_path_factory.mktemp("run")) as started:
        yield started


@dataclass(frozen=True)
class Left:
    """What a run left behind."""

    secret: str
    items: int


@pytest.fixture(scope="module")
def site(run: WholeRun) -> KnownSite:
    """A blog of the first run, of which something was said."""
    blog = run.add_site("https://blog.example/")
    assert run.webmention("https://a.example/1", blog.page("post")).status == 201
    return blog


@pytest.fixture(scope="module")
def left(run: WholeRun, site: KnownSite) -> Left:
    """What the first run left, which nobody needs any more."""
    until(lambda: "sign in as" in run.printed, 10, "no owner was told")
    run.stop()
    return Left((run.data / "secret_key").read_text(), stored(run))


@pytest.fixture(scope="module")
def second(run: WholeRun, left: Left) -> Iterator[WholeRun]:
    """The one after the first, in its folder."""
    with whole(run.data.parent) as started:
        yield started


@pytest.fixture(scope="module")
def killed(second: WholeRun) -> list[psutil.Process]:
    """What the second run consisted of, whose supervisor is killed now: for the last tests of this file."""
    all_of_it = everybody(second)
    second.process.kill()
    second.process.wait()
    return all_of_it


@pytest.fixture(scope="module")
def again(second: WholeRun, killed: list[psutil.Process]) -> Iterator[WholeRun]:
    """A run in the folder of the one that was killed."""
    with whole(second.data.parent) as started:
        yield started


def everybody(run: WholeRun) -> list[psutil.Process]:
    """All processes of a run, itself included."""
    itself = psutil.Process(run.process.pid)
    return [itself, *itself.children(recursive=True)]


def ready(run: WholeRun) -> bool:
    try:
        return run.ask("/readyz").status == 200
    except (URLError, ConnectionError):
        return False


def stored(run: WholeRun) -> int:
    """Items in the run's database."""
    engine = create(f"sqlite:///{run.data / 'reflections.db'}")
    with Session(engine) as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        return session.scalar(select(func.count()).select_from(Reflection)) or 0


def test_it_prints_what_its_user_needs(run: WholeRun) -> None:
    until(lambda: "data  " in run.printed, 10, "it did not print everything")
    assert f"{run.url}/admin/" in run.printed
    assert re.search(r"sign in as +\S+, password \S{12,}", run.printed)
    assert f"{run.url}/webmention" in run.printed
    assert f"{run.url}/pingback" in run.printed
    assert str(run.data) in run.printed
    assert "Traceback" not in run.printed


def test_what_it_keeps_is_its_owners_alone(run: WholeRun) -> None:
    assert stat.S_IMODE(run.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((run.data / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((run.data / "redis" / "redis.sock").stat().st_mode) == 0o600


def test_a_command_beside_it_knows_its_address(run: WholeRun) -> None:
    told = command("site", "add", "https://beside.example/", cwd=run.data.parent, environ={"DATA": str(run.data)})
    assert told.json["webmention"] == f"{run.url}/webmention"
    shown = command("site", "show", "https://beside.example/", "--data", run.data)
    assert shown.json["id"] == told.json["id"]


def test_the_doctor_finds_it_well(run: WholeRun) -> None:
    said = command("doctor", "--data", run.data)
    assert said.status == 0, said
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["ok", name] for name in ("settings", "database", "Redis", "clock", "disk", "web")
    ]


@pytest.mark.parametrize("part", ["web", "verify", "errands", "scheduler", "redis"])
def test_a_part_that_is_killed_comes_back_with_one_line(run: WholeRun, part: str) -> None:
    before = len(run.printed)
    (first, *_) = processes(run.process.pid, part)
    first.kill()
    until(
        lambda: any(one.pid != first.pid for one in processes(run.process.pid, part)),
        20,
        f"{part} was not started again",
    )
    until(lambda: ready(run), 20, f"the service is not ready after {part} was killed:\n{run.printed[before:]}")
    said = RESTARTED.findall(run.printed[before:])
    assert said == [part], run.printed[before:]


def test_another_run_can_not_have_its_folder(run: WholeRun) -> None:
    said = command("run", "--port", str(free_port()), "--data", run.data)
    assert f"is in use by another run (process {run.process.pid})" in said.complaint
    assert ready(run)


def test_another_run_can_not_have_its_port(run: WholeRun, tmp_path: Path) -> None:
    port = run.url.rpartition(":")[2]
    said = command("run", "--port", port, "--data", tmp_path / "other")
    assert said.complaint == f"Error: can't listen on 127.0.0.1:{port}: Address already in use; choose another --port"


def test_a_path_that_is_too_deep_for_a_socket_is_said_in_one_line(tmp_path: Path) -> None:
    said = command("run", "--port", str(free_port()), "--data", tmp_path / ("deep" * 30))
    assert "is too long for a socket; choose a shorter data folder" in said.complaint


def test_a_folder_that_can_not_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = command("run", "--port", str(free_port()), "--data", tmp_path / "file" / "data")
    assert str(tmp_path / "file") in said.complaint


def test_a_database_of_a_newer_release_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    engine = create(sqlite_url)
    with engine.connect().execution_options(reflections_writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = command("run", "--port", str(free_port()), "--data", tmp_path)
    assert said.complaint.endswith("of a newer release (schema 9999); start that release instead"), said


@pytest.mark.usefixtures("site")
def test_ctrl_c_pressed_twice_ends_it_cleanly(run: WholeRun) -> None:
    """Ctrl-C reaches the whole group of the terminal."""
    all_of_it = everybody(run)
    before = len(run.printed)
    began = time.monotonic()
    os.killpg(run.process.pid, signal.SIGINT)
    os.killpg(run.process.pid, signal.SIGINT)
    run.process.wait(STOP_SECONDS)
    assert time.monotonic() - began < STOP_SECONDS
    assert run.process.returncode == 0, run.printed
    assert [one for one in all_of_it if one.is_running()] == []
    assert "Traceback" not in run.printed[before:]
    assert not answers("127.0.0.1", int(run.url.rpartition(":")[2]))


def test_a_second_start_keeps_everything_and_tells_no_password(site: KnownSite, left: Left, second: WholeRun) -> None:
    until(lambda: second.printed.count("Reflections is running") == 2, 10, "it did not greet again")
    assert second.printed.count("sign in as") == 1
    known = json.loads(second.command("site", "list"))
    assert [one["id"] for one in known if one["base_url"] == site.base] == [site.id]
    assert (second.data / "secret_key").read_text() == left.secret
    assert stored(second) >= left.items >= 1


def test_a_supervisor_that_is_killed_leaves_nothing_behind(second: WholeRun, killed: list[psutil.Process]) -> None:
    assert len(killed) > 5
    until(lambda: not [one for one in killed if one.is_running()], 10, "something of it lives on")
    assert not answers("127.0.0.1", int(second.url.rpartition(":")[2]))


def test_where_one_was_killed_another_starts(again: WholeRun) -> None:
    assert ready(again)


def test_it_stops_under_load_with_nothing_lost(again: WholeRun, site: KnownSite) -> None:
    """What was answered with 201 is there afterwards; the rest was refused or cut off, and its sender knows."""
    before = stored(again)
    taken: list[str] = []
    stop = threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                answer = again.webmention(f"https://s{sender}.example/{number}", site.page(f"post-{number % 7}"))
            except OSError:
                return
            if answer.status == 201:
                taken.append(answer.headers["location"])

    with ThreadPoolExecutor(8) as senders:
        sending = [senders.submit(send, number) for number in range(8)]
        until(lambda: len(taken) > 100, 30, "nobody got through")
        began = time.monotonic()
        again.process.terminate()
        again.process.wait(STOP_SECONDS)
        took = time.monotonic() - began
        stop.set()
        for one in sending:
            one.result()
    assert again.process.returncode == 0, again.printed
    assert took < STOP_SECONDS, f"it took {took:.1f} s to stop"
    assert "had not stopped" not in again.printed
    assert stored(again) - before >= len(set(taken)) == len(taken)
