"""The pages of all that is done with an item beside deciding about it."""

from __future__ import annotations

from flask import Blueprint

from service.moderate.mend import answer, edit, erase, merge, move, notes, post, thread


def register(room: Blueprint) -> None:
    """Adds them."""
    for page in (edit, answer, move, thread, merge, notes, erase, post):
        page.register(room)
