"""The posts that a newcomer writes: a file each in the demo's folder, so that they outlive a second start."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from service.demo.blog.content import WRITTEN
from service.demo.blog.send import Sent

MOST = 50
"""Posts that there may be."""

LONGEST_TITLE, LONGEST_AUTHOR, LONGEST_TEXT = 200, 80, 4000
"""Characters."""


class Full(Exception):
    """There are :data:`MOST` posts."""


@dataclass(frozen=True, slots=True)
class Written:
    """A post of the newcomer's, and what became of its last sending."""

    name: str
    title: str
    author: str
    text: str
    locale: str
    made: str
    """RFC 3339."""
    sent: Sent | None = None

    @property
    def path(self) -> str:
        return f"{WRITTEN}{self.name}/"


class Desk:
    """All of them. One process writes; a file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def posts(self) -> Iterator[Written]:
        """The newest first."""
        every = (self.post(file.stem) for file in self._folder.glob("*.json"))
        return iter(sorted(filter(None, every), key=lambda post: post.made, reverse=True))

    def post(self, name: str) -> Written | None:
        """The post of that name."""
        if not re.fullmatch("[0-9a-f]{8}", name):
            return None
        try:
            told = json.loads((self._folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return None
        sent = told.pop("sent")
        return Written(**told, sent=Sent(**sent) if sent else None)

    def add(self, title: str, author: str, text: str, locale: str, made: str) -> Written:
        """A new one; raises :class:`Full`."""
        if sum(1 for _ in self._folder.glob("*.json")) >= MOST:
            raise Full
        post = Written(secrets.token_hex(4), title, author, text, locale, made)
        self._write(post)
        return post

    def told(self, post: Written, sent: Sent) -> Written:
        """The same, with what became of a sending."""
        return self._write(replace(post, sent=sent))

    def delete(self, post: Written) -> None:
        """It is gone; nothing of it is left."""
        (self._folder / f"{post.name}.json").unlink(missing_ok=True)

    def _write(self, post: Written) -> Written:
        new = self._folder / f"{post.name}.new"
        new.write_text(json.dumps(asdict(post)))
        new.replace(self._folder / f"{post.name}.json")
        return post
