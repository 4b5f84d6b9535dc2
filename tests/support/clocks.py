"""Real clocks that are wrong, by Debian's faketime."""

from __future__ import annotations

from pathlib import Path

from tests.support.programs import missing


def clock(shift: str) -> dict[str, str]:
    """The environment of a process whose wall clock, not the monotonic one, is off by ``shift`` (``+1d``, ``-2h``).

    Files keep their times: Python would else take all its byte code for old, and compile a thousand modules anew.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        missing("libfaketime is not on this machine: the Debian package faketime brings it")
    return {"LD_PRELOAD": str(library), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
