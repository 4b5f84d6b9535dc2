"""The data folder: its owner's alone, and one run's alone."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO


class InUse(RuntimeError):
    """Another run holds the folder."""


def take(folder: Path) -> IO[str]:
    """Make the folder (mode 0700) and hold it for as long as the file that is given back stays open.

    The system lets go of it when the process ends, however it ends, so nothing stale can be in the way. Raises
    :class:`InUse`, or ``OSError`` where the folder can't be made or written to.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):
        folder.chmod(0o700)
    held = (folder / "run.lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        who = held.read().strip() or "unknown"
        held.close()
        raise InUse(f"{folder} is in use by another run (process {who})") from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held
