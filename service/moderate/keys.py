"""Keys: which letter does what in the lists, for each moderator; ``/admin/keys``, where he changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.database import db, write
from service.languages import gettext
from service.model import Moderator
from service.people import person

ACTS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "next": ("j", "Next"),
    "previous": ("k", "Previous"),
    "approve": ("a", "Approve"),
    "reject": ("d", "Reject"),
    "spam": ("s", "Spam"),
    "wait": ("u", "Decide later"),
    "keep": ("l", "Keep it as it is"),
    "retry": ("t", "Try again"),
    "undo": ("z", "Undo"),
    "select": ("x", "Select it"),
    "host": ("h", "Select all of its host"),
    "author": ("w", "Select all of its author"),
    "text": ("e", "Select all that say the same"),
    "fold": ("f", "Unfold what belongs together, or fold it"),
    "source": ("o", "Open the source"),
    "item": ("i", "Look closer"),
    "answer": ("r", "Answer it"),
    "rule": ("m", "Make a rule of it"),
    "help": ("?", "Show the keys"),
})  # fmt: skip
"""What a key may do: its letter for whoever did not choose another, and its name. Letters are those of WordPress where
it has one for the same."""

TOGETHER = ("approve", "reject", "spam", "wait")
"""What a capital does to all that is selected."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Somebody's keys."""

    on: bool = True
    letters: Mapping[str, str] = field(default_factory=lambda: {act: letter for act, (letter, _name) in ACTS.items()})


class Unfit(ValueError):
    """Keys that can't be had, with the sentence that says why."""


def keys() -> Keys:
    """Those of who is signed in."""
    own = db.session.get_one(Moderator, person().id).keys or {}
    letters = {act: own.get(act, letter) for act, (letter, _name) in ACTS.items()}
    return Keys(own.get("on", True), letters)


def page() -> ResponseReturnValue:
    """``/admin/keys``: switched on and off, and changed one by one."""
    if request.method == "GET":
        return render_template("moderate/keys.html", acts=ACTS, mine=keys(), wrong=None)
    if "reset" in request.form:
        return _keep(Keys())
    chosen = Keys("on" in request.form, {act: request.form.get(act, "").strip().lower() for act in ACTS})
    try:
        _check(chosen)
    except Unfit as unfit:
        return render_template("moderate/keys.html", acts=ACTS, mine=chosen, wrong=str(unfit)), 422
    return _keep(chosen)


def _check(chosen: Keys) -> None:
    taken: dict[str, str] = {}
    for act, letter in chosen.letters.items():
        name = gettext(ACTS[act][1])
        if len(letter) != 1 or not letter.isprintable():
            raise Unfit(gettext("“%(name)s” needs one letter or sign.", name=name))
        if letter in taken:
            raise Unfit(
                gettext(
                    "“%(key)s” can’t do both: “%(one)s” and “%(other)s”.", key=letter, one=taken[letter], other=name
                )
            )
        taken[letter] = name


def _keep(chosen: Keys) -> ResponseReturnValue:
    own = dict(_own(chosen))

    def keep(session: Session) -> None:
        session.get_one(Moderator, who).keys = own or None

    who = person().id
    write(keep)
    return redirect(url_for("moderate.pages.keys", changed=1), 303)


def _own(chosen: Keys) -> Iterator[tuple[str, object]]:
    """What differs from what everybody has."""
    if not chosen.on:
        yield "on", False
    for act, (letter, _name) in ACTS.items():
        if chosen.letters[act] != letter:
            yield act, chosen.letters[act]
