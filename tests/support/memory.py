"""A folder in memory: what tests write is forgotten in a moment, and every commit would wait for a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDER = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that must be free there: containers often have next to none."""


def folder() -> Path | None:
    """The folder, where there is one with room; else temporary files are where the system has them."""
    return FOLDER if FOLDER.is_dir() and shutil.disk_usage(FOLDER).free > ROOM else None
