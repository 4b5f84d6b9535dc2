"""How long the disk takes to flush, which every durable figure hangs on; and a way to make it take longer.

``python -m bench.flush FOLDER`` prints the milliseconds of a small durable commit to SQLite in that folder.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.machine import program

TIMES = 50


def flush(folder: Path) -> float:
    """Milliseconds that 4 KB more take to reach the disk."""
    with (folder / "flushed").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return _milliseconds(write)


def commit(folder: Path, **environ: str) -> float:
    """Milliseconds that a small commit takes to be durable, as a process sees it that is started with ``environ``."""
    command = [sys.executable, "-m", "bench.flush", str(folder)]
    return float(subprocess.run(command, env=os.environ | environ, stdout=subprocess.PIPE, check=True).stdout)


def slowed(folder: Path) -> dict[str, str]:
    """The environment in which a process's flushes take 2 ms more; ends the bench where that has no effect."""
    library = folder / "slow_flush.so"
    source = Path(__file__).with_name("slow_flush.c")
    subprocess.run([program("gcc"), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    environ = {"LD_PRELOAD": str(library)}
    if commit(folder, **environ) < 2:
        sys.exit("a flush can't be slowed here: SQLite does not go through the C library's fdatasync")
    return environ


def _milliseconds(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return median(spent) * 1000


def main() -> None:
    database = sqlite3.connect(Path(sys.argv[1]) / "committed.db", isolation_level=None)
    for said in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE IF NOT EXISTS t (n)"):
        database.execute(said)
    print(_milliseconds(lambda: database.execute("INSERT INTO t VALUES (1)")))


if __name__ == "__main__":
    main()
