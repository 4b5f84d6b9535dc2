"""The pages of all that is done with an item beside deciding about it."""

from __future__ import annotations

from flask import Blueprint

from service.moderate.mend import answer, edit, erase, move, notes, post


def register(room: Blueprint) -> None:
    """Adds them."""
    for page in (edit, answer, move, notes, erase, post):
        page.register(room)
