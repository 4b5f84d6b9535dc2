"""Notes about an item, its host and its author: written on the item's page, seen by whoever comes next, and removed by
whoever wrote one, or an owner."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import write
from service.model import Note
from service.moderate.mend.asking import wanted
from service.moderate.noted import keys_of
from service.people import back_to, person
from service.values import clean

LONGEST = 2000
_BIGGEST = 2**31 - 1


def register(room: Blueprint) -> None:
    """Adds what the item's page asks for."""
    room.add_url_rule("/items/<uid>/notes", "add_note", add, methods=["POST"])
    room.add_url_rule("/notes/<int:number>/remove", "remove_note", remove, methods=["POST"])


def add(uid: str) -> ResponseReturnValue:
    """Keeps a note ``about`` the item, its host or its author. Nothing is kept where nothing is written."""
    item, name = wanted(uid), person().name
    key = next((key for key in keys_of(item) if key[1] == request.form.get("about")), None)
    if key is None:
        abort(400)
    site, about, of = key
    words = clean.text(request.form.get("words", "")).strip()[:LONGEST]

    def keep(session: Session) -> None:
        session.add(Note(site_id=site, about=about, key=of, words=words, by=name, made=datetime.now(UTC)))

    if words:
        write(keep)
    return redirect(url_for("moderate.pages.item", uid=uid, _anchor="notes"), 303)


def remove(number: int) -> ResponseReturnValue:
    """Removes a note of one's own; an owner removes any."""
    who, reach = person(), person().reach

    def work(session: Session) -> int:
        one = session.scalar(select(Note).where(Note.id == number, reach(Note.site_id)))
        if one is None:
            return 404
        if one.by != who.name and not who.is_owner:
            return 403
        session.delete(one)
        return 303

    status = write(work) if number <= _BIGGEST else 404
    if status != 303:
        abort(status)
    return redirect(f"{back_to(request.form.get('back'))}#notes", 303)
