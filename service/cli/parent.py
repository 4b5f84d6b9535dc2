"""Dying with one's parent, so that a killed supervisor leaves nothing behind that holds a port or a file."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` ends, however it ends (prctl(2); Linux only)."""
    if _prctl is not None:
        _prctl(_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
