"""Servers of the bench: each started on the first core, and known to answer before anybody asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.machine import on_core
from tests.support.programs import running
from tests.support.waiting import answers, until

PATIENCE = 30.0


@contextmanager
def server(
    command: Sequence[str | Path], port: int, log: Path, environ: Mapping[str, str] | None = None, core: int = 0
) -> Iterator[str]:
    """The address of a program that listens on ``port`` of this machine; ended at the end, with all that it started."""
    with ExitStack() as stack:
        with on_core(core):
            process = stack.enter_context(running(command, log, environ))
        until(
            lambda: answers("127.0.0.1", port) or process.poll() is not None, PATIENCE, f"{command[0]} does not answer"
        )
        assert process.poll() is None, f"{command[0]} ended by itself:\n{log.read_text()}"
        yield f"http://127.0.0.1:{port}"
