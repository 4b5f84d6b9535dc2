"""The load: wrk with one thread and sixteen connections, on a core of its own; it ends by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.machine import on_core, program
from bench.table import Row

CLIENTS = 16

_FOLDER = Path(__file__).parent
_REPORT = _FOLDER / "report.lua"


@dataclass(frozen=True, slots=True)
class Burst:
    """What one run of wrk saw; times in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def burst(
    url: str, seconds: float, script: str = "report", headers: Mapping[str, str] | None = None, **environ: object
) -> Burst:
    """So many seconds of requests, one upon the other. One that fails ends the bench: it would count as fast."""
    said = [f"-H{name}: {value}" for name, value in (headers or {}).items()]
    command = [program("wrk"), "-t1", f"-c{CLIENTS}", f"-d{seconds:g}s", "--latency", *said]
    command += ["--timeout", "30s", "-s", str(_FOLDER / f"{script}.lua"), url]
    variables = {name: str(value) for name, value in environ.items()}
    with on_core(1):
        done = subprocess.run(
            command, env=os.environ | variables | {"REPORT": str(_REPORT)}, capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"wrk {url}: {done.stderr or done.stdout}")
    saw = json.loads(done.stdout.splitlines()[-1])
    if saw["refused"] or saw["broken"]:
        sys.exit(f"wrk {url}: of {saw['requests']} requests {saw['refused']} were refused, {saw['broken']} broke off")
    return Burst(saw["requests"], saw["seconds"], saw["p50"], saw["p99"])


def row(name: str, bursts: list[Burst]) -> Row:
    """The bursts of one thing as a row, a turn each."""
    return Row(
        name,
        tuple(burst.rate for burst in bursts),
        p50=median(burst.p50 for burst in bursts),
        p99=median(burst.p99 for burst in bursts),
    )
