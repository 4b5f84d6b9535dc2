"""A service part by part, each started by its own command, and started again when it dies, as by systemd."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from tests.support.commands import command, environ_with
from tests.support.programs import running
from tests.support.service import OPEN, SECRET, WholeRun, ask, reflections
from tests.support.waiting import free_port, until


class Units:
    """The parts, their processes, and whoever starts them again: :meth:`tend`, by whom they all live."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, web: tuple[str, ...] = ("--processes", "2")):
        self._folder, port = folder, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.environ = environ_with(
            **OPEN,
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            DATA_DIR=str(folder / "nothing"),
            BASE_URL=self.url,
            SECRET_KEY=SECRET,
        )
        self._words: Mapping[str, tuple[str, ...]] = {
            "web": ("web", "--port", str(port), *web),
            "verify": ("worker", "verify"),
            "verify-2": ("worker", "verify"),
            "errands": ("worker", "errands"),
            "scheduler": ("scheduler",),
        }
        self._living: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Units:
        upgraded = command("db", "upgrade", environ=self.environ)
        assert upgraded.status == 0, upgraded.err
        self.tend()
        try:
            until(self.ready, 60, "the parts are not ready")
        except AssertionError:
            self._ends.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @property
    def run(self) -> WholeRun:
        """The same as a run, for who only sends to it."""
        return WholeRun(self.url, self._folder, self._folder / "web.log", self._living["web"], self.environ)

    def tend(self) -> None:
        """Starts whoever is dead."""
        for name, words in self._words.items():
            if name not in self._living or self._living[name].poll() is not None:
                log = self._folder / f"{name}.log"
                self._living[name] = self._ends.enter_context(running([reflections(), *words], log, self.environ))

    def living(self) -> dict[str, int]:
        """Each part's process; who died since is missing."""
        return {name: process.pid for name, process in self._living.items() if process.poll() is None}

    def kill(self, part: str) -> bool:
        """Kills a part with -9, or "serving" (a process of web's) or "reading" (a worker's child); whether there was
        one to kill."""
        match part:
            case "serving":
                found = [one for one in _children(self._living["web"]) if "resource_tracker" not in _line(one)]
            case "reading":
                workers = (self._living["verify"], self._living["verify-2"])
                found = [one for worker in workers for one in _children(worker) if "workers.reading" in _line(one)]
            case _:
                self._living[part].kill()
                self._living[part].wait()
                return True
        for process in found[:1]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return bool(found)

    def ready(self) -> bool:
        try:
            return ask(self.url + "/readyz").status == 200
        except OSError:
            return False


def _children(parent: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(parent.pid).children()
    except psutil.NoSuchProcess:
        return []


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
