"""The reading child may die of a page, and nothing else does: it is limited, ended, and replaced."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from service.values.address import parse
from service.values.page import Failure, Page
from service.values.portrait import Portrait
from service.values.reading import Reading
from tests.support.pictures import face
from tests.support.waiting import suspend, until
from workers.child import Child, Crashed

SOURCE = parse("http://src.example/page")
TARGET = parse("http://blog.example/post")
LINK = f"<a href='{TARGET.url}'>x</a>"
ENTRY = "<div class=h-entry>"
CHEAP = LINK + "<title>cheap</title>"


def page(body: str | bytes, kind: str = "text/html; charset=utf-8") -> Page:
    return Page(SOURCE, SOURCE, {"content-type": kind}, body if isinstance(body, bytes) else body.encode())


@pytest.fixture
def child() -> Iterator[Child]:
    with Child() as child:
        yield child


def reads(child: Child, body: str = CHEAP) -> bool:
    return isinstance(child.read(page(body), [TARGET]), Reading)


HOSTILE = {
    "100,000 nested div": LINK + ENTRY + "<div>" * 100_000,
    "3,000 formatting triples": LINK + ENTRY + "<b><i><font>" * 3000,
    "50,000 attributes": LINK + ENTRY + "<a " + " ".join(f"a{n}" for n in range(50_000)) + ">",
    "2 MiB of paragraphs": LINK + ENTRY + "<p>a" * 500_000,
    "2 MiB of links": LINK + "<a href=/x>" * 190_000,
    "5,000 links to the post": LINK * 5000,
    "unclosed b": LINK + ENTRY + "<div class=e-content>" + "<b>" * 30_000,
    "nested entries": LINK + ENTRY * 5000,
    "entries in a row": LINK + (ENTRY + "<p class=p-name>x</div>") * 8000,
    "half tags": LINK + "<a<" * 300_000,
    "half comments": LINK + "<!-" * 300_000,
    "cdata without end": LINK + "<![CDATA[" * 100_000,
    "scripts in scripts": LINK + "<script><!--" * 100_000,
    "references": LINK + "<a href='" + "&amp" * 300_000 + "'>",
    "a name of 1 MiB": LINK + ENTRY + "<p class=p-name>" + "a" * 1_000_000,
    "marks without end": LINK + "<title>" + "a" + "\u0301" * 500_000 + "</title>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_costs_more_than_its_seconds(warm_child: Child, name: str) -> None:
    found = warm_child.read(page(HOSTILE[name][: 2 * 1024 * 1024]), [TARGET], seconds=12)
    assert isinstance(found, Reading), found
    assert reads(warm_child)


def test_json_that_is_nested_too_deep_is_too_heavy_and_a_number_without_end_is_none(warm_child: Child) -> None:
    deep = warm_child.read(page("[" * 200_000, "application/json"), [TARGET])
    assert isinstance(deep, Failure) and deep.reason.code in ("too_heavy", "malformed_answer")
    long = f'{{"a": {"9" * 100_000}, "b": "{TARGET.url}", "c": NaN, "c": 1}}'
    assert isinstance(warm_child.read(page(long, "application/json"), [TARGET]), Reading)


def test_a_page_that_takes_too_long_is_what_the_link_test_found(child: Child) -> None:
    heavy = page(LINK + ENTRY + "<i>x</i>" * 40_000)
    child.start()
    before = child.pid
    found = child.read(heavy, [TARGET], seconds=0.5)
    if isinstance(found, Failure):
        assert found.reason.code == "too_heavy"
    else:
        assert isinstance(found, Reading) and found.evidence.too_heavy and found.evidence.links_on_page == 1
    assert reads(child) and child.pid != before


def ended_by(child: Child, how: int) -> Reading | Failure | Crashed:
    """What becomes of a page whose reader ends so before it could say a word; another reads on."""
    child.start()
    assert child.pid is not None
    victim = child.pid
    suspend(victim)
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(child.read, page(CHEAP), [TARGET])
        until(lambda: has_a_page(victim), 20, "the child is sent nothing")
        os.kill(victim, how)
        os.kill(victim, signal.SIGCONT)
        found = reading.result(20)
    assert reads(child) and child.pid != victim
    return found


def has_a_page(pid: int) -> bool:
    """Whether a child that is suspended has something to read."""
    with Path(f"/proc/{pid}/fd/0").open("rb", buffering=0) as pipe:
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        return bool(waiting.poll(0))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_child_that_dies_before_the_link_test_spoke_has_crashed_and_is_replaced(child: Child, how: int) -> None:
    assert isinstance(ended_by(child, how), Crashed)


def test_a_child_that_has_used_up_its_time_before_the_link_test_spoke_had_too_heavy_a_page(child: Child) -> None:
    found = ended_by(child, signal.SIGXCPU)
    assert isinstance(found, Failure) and found.reason.code == "too_heavy"


def test_a_child_that_is_stopped_is_given_up_and_replaced(child: Child) -> None:
    child.start()
    assert child.pid is not None
    before = child.pid
    suspend(before)
    found = child.read(page(CHEAP), [TARGET], seconds=0.5)
    assert isinstance(found, Failure) and found.reason.code == "too_heavy"
    assert reads(child) and not psutil.pid_exists(before)


class TornAway(Exception):
    """As whoever waits for an answer may be, at any moment."""


def test_what_a_child_says_to_who_is_gone_is_no_answer_to_the_next(child: Child) -> None:
    def tear(_signal: int, _frame: object) -> None:
        raise TornAway

    ada, ben = (Page(SOURCE, SOURCE, {}, face(colour=colour)) for colour in ("#c33", "#33c"))
    own = child.picture(ben)
    assert isinstance(own, Portrait) and child.pid is not None
    reader = child.pid
    suspend(reader)
    before = signal.signal(signal.SIGUSR1, tear)
    threading.Timer(0.3, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(TornAway):
            child.picture(ada)
    finally:
        signal.signal(signal.SIGUSR1, before)
        os.kill(reader, signal.SIGCONT)
    assert child.picture(ben) == own


def test_a_child_that_died_between_two_pages_is_replaced(child: Child) -> None:
    child.start()
    before = child.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT), 20, "the child lives on")
    assert reads(child) and child.pid != before


def test_memory_and_time_are_limited_from_within(child: Child) -> None:
    child.start()
    limits = psutil.Process(child.pid)
    held = limits.memory_info().vms
    assert held < limits.rlimit(psutil.RLIMIT_AS)[0] < held + 300 * 1024 * 1024
    assert reads(child)
    assert limits.rlimit(psutil.RLIMIT_CPU)[0] < 60
    assert limits.rlimit(psutil.RLIMIT_CORE) == (0, 0)


def test_it_has_none_of_our_secrets(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLECTIONS_SECRET_KEY", "a secret of ours")
    child.close()
    child.start()
    assert not [name for name in psutil.Process(child.pid).environ() if name.startswith("REFLECTIONS")]


def test_it_ends_with_its_parent_however_that_ends_in_the_midst_of_a_page_too() -> None:
    script = textwrap.dedent(
        """
        import sys, threading
        from tests.workers.test_child import HOSTILE, TARGET, page
        from workers.child import Child
        child = Child(); child.start()
        heavy = page(HOSTILE["unclosed b"])
        threading.Thread(target=child.read, args=(heavy, [TARGET], 60), daemon=True).start()
        print(child.pid, flush=True)
        threading.Event().wait()
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    busy = child.cpu_times().user + 0.5
    until(lambda: child.cpu_times().user > busy, 30, "the child reads nothing")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 3, "the child reads on")


def test_pages_are_read_one_after_another_and_leave_nothing_behind(warm_child: Child) -> None:
    for number in range(20):
        found = warm_child.read(page(f"<title>{number}</title>{LINK}"), [TARGET])
        assert isinstance(found, Reading) and found.entry.title == str(number)


def test_what_the_fetch_told_is_not_taken_from_the_child(warm_child: Child) -> None:
    found = warm_child.read(page(LINK), [TARGET])
    assert isinstance(found, Reading)
    assert (found.evidence.asked, found.evidence.size, found.evidence.status) == (SOURCE.url, len(LINK), 200)
    assert len(found.evidence.digest) == 64
