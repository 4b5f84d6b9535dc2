"""The addresses of a room's own files: they change with the bytes, so a browser may keep what it has for ever."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from flask import current_app, url_for


def file(room: str, name: str) -> str:
    """Where the file ``name`` of the blueprint ``room`` is: ``/admin/static/people/people.css?v=5d41402abc4b``."""
    folder = current_app.blueprints[room].static_folder
    assert folder is not None
    return url_for(f"{room}.static", filename=name, v=_edition(Path(folder) / name))


@functools.cache
def folder_edition(folder: Path) -> str:
    """What changes with any of the folder's files: for those that name each other, as modules of scripts do."""
    return hashlib.sha256("".join(_edition(path) for path in sorted(folder.iterdir())).encode()).hexdigest()[:12]


@functools.cache
def _edition(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
