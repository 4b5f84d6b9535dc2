"""Who is asked to end: a closed terminal asks too, but not who was started by nohup."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.commands import environ_with
from tests.support.programs import running
from tests.support.service import reflections
from tests.support.waiting import until


def caught(pid: int, number: signal.Signals, line: str = "SigCgt") -> bool:
    """Whether the process handles that signal (or, by another line of its status, ignores it)."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(status[line], 16) & 1 << (number - 1))


@pytest.mark.parametrize(("words", "ends"), [([], True), (["nohup"], False)], ids=["by itself", "by nohup"])
def test_a_closed_terminal_ends_who_was_not_told_to_outlive_it(
    words: list[str], ends: bool, sqlite_url: str, tmp_path: Path
) -> None:
    environ = environ_with(DATABASE_URL=sqlite_url, DATA_DIR=str(tmp_path), REDIS_URL="redis://127.0.0.1:1")
    with running([*words, reflections(), "scheduler"], tmp_path / "log", environ) as process:
        until(lambda: caught(process.pid, signal.SIGTERM), 30, "it does not listen")
        assert caught(process.pid, signal.SIGHUP, "SigIgn") is not ends
        process.send_signal(signal.SIGHUP)
        if ends:
            assert process.wait(10) == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
