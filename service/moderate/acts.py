"""What the dashboard's buttons do: a decision, taking it back, and checking a source again. Each ends on the page
where it began."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.database import db, write
from service.moderate import items, telling
from service.moderate.decisions import Conflict, Decided, Decider, Decision, Result, check_again, decide, undo
from service.people import back_to, person
from service.values.state import State

WANTED: Mapping[str, State] = MappingProxyType({
    "approve": State.APPROVED,
    "keep": State.APPROVED,
    "reject": State.REJECTED,
    "spam": State.SPAM,
    "wait": State.PENDING,
    "retry": State.RECEIVED,
})  # fmt: skip
"""What a button asks for."""


def register(room: Blueprint, bell: Bell) -> None:
    """Adds the acts; ``bell`` wakes the workers where something is to be verified again."""

    @room.post("/decide")
    def decide_one() -> ResponseReturnValue:
        decision = _decision()
        decider, now = _decider(), datetime.now(UTC)
        (result,) = write(lambda session: decide(session, decider, [decision], now))
        if isinstance(result, Decided) and result.state is State.RECEIVED:
            bell.ring("verify")
        return _answer(result)

    @room.post("/check")
    def check_one() -> ResponseReturnValue:
        uid, decider, now = request.form.get("id", ""), _decider(), datetime.now(UTC)
        result = write(lambda session: check_again(session, decider, uid, now))
        if isinstance(result, Decided):
            bell.ring("verify")
        return _answer(result)

    @room.post("/undo")
    def undo_one() -> ResponseReturnValue:
        number = _number("event")
        decider, now = _decider(), datetime.now(UTC)
        return _answer(write(lambda session: undo(session, decider, number or 0, now)))


def _decision() -> Decision:
    form = request.form
    try:
        wanted = form["decision"]
        return Decision(
            uid=form["id"],
            came_from=State(form["from"]),
            to=WANTED[wanted],
            seen=_number("seen"),
            show=_number("shown") if wanted == "keep" else None,
        )
    except (KeyError, ValueError):
        abort(400)


def _decider() -> Decider:
    who = person()
    return Decider(who.name, who.reach)


def _answer(result: Result) -> ResponseReturnValue:
    """Back to where the button stood; or what is the case now, and who made it so."""
    if isinstance(result, Conflict):
        if result.why == "not_there":
            abort(404)
        found = items.one(db.session(), person().reach, result.uid)
        said = telling.conflict(result, datetime.now(UTC))
        return render_template("moderate/conflict.html", item=found, said=said, back=_back()), 409
    separator = "&" if "?" in _back() else "?"
    anchor = request.form.get("next", "")
    fragment = f"#item-{anchor}" if anchor and items.readable(anchor) else ""
    return redirect(f"{_back()}{separator}done={result.event}{fragment}", 303)


def _back() -> str:
    return back_to(request.form.get("back"))


def _number(name: str) -> int | None:
    given = request.form.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        abort(400)
    return int(given)
