"""What the dashboard's buttons do: a decision about one item or many, taking it back, and checking a source again.
Each ends on the page where it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from service.bell import Bell
from service.database import write
from service.moderate import answers
from service.moderate.batches import MOST, decide_all, undo_all
from service.moderate.bulk.listing import take_back
from service.moderate.decisions import Decided, Decider, Decision, Result, check_again, decide, undo
from service.people import person
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

    def ring(results: Sequence[Result]) -> None:
        if any(isinstance(result, Decided) and result.state is State.RECEIVED for result in results):
            bell.ring("verify")

    @room.post("/decide")
    def decide_one() -> ResponseReturnValue:
        decision = _decision()
        decider, now = _decider(), datetime.now(UTC)
        (result,) = write(lambda session: decide(session, decider, [decision], now))
        ring([result])
        return answers.one(result)

    @room.post("/decide-all")
    def decide_many() -> ResponseReturnValue:
        results, batch = decide_all(_decider(), _decisions(), datetime.now(UTC))
        ring(results)
        return answers.many(results, batch)

    @room.post("/check")
    def check_one() -> ResponseReturnValue:
        uid, decider, now = request.form.get("id", ""), _decider(), datetime.now(UTC)
        result = write(lambda session: check_again(session, decider, uid, now))
        if isinstance(result, Decided):
            bell.ring("verify")
        return answers.one(result)

    @room.post("/undo")
    def undo_some() -> ResponseReturnValue:
        """``event``, one decision; or ``batch``, all that was decided together: what a job did, a job takes back."""
        event, batch = _number("event"), _number("batch")
        decider, now = _decider(), datetime.now(UTC)
        if batch is not None and (undoing := write(lambda session: take_back(session, decider, batch, now))):
            bell.ring("errands")
            return redirect(url_for("moderate.pages.batch", number=undoing), 303)
        if batch is not None:
            return answers.many(*undo_all(decider, batch, now))
        return answers.one(write(lambda session: undo(session, decider, event or 0, now)))


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
            beside=form.get("beside", ""),
        )
    except (KeyError, ValueError):
        abort(400)


def _decisions() -> list[Decision]:
    """One decision about what was on the screen: each ``item`` is its id, the state and the revision that were seen
    of it (none where it had none), and what was seen beside it if anything, by single spaces."""
    listed, wanted = request.form.getlist("item"), request.form.get("decision", "")
    if not 0 < len(listed) <= MOST or wanted not in WANTED or wanted == "keep":
        abort(400)
    return [_listed(one, WANTED[wanted]) for one in listed]


def _listed(item: str, to: State) -> Decision:
    try:
        uid, came_from, seen, *beside = item.split(" ", 3)
        return Decision(uid, State(came_from), to, _revision(seen), beside="".join(beside))
    except ValueError:
        abort(400)


def _decider() -> Decider:
    who = person()
    return Decider(who.name, who.reach)


def _number(name: str) -> int | None:
    return _revision(request.form.get(name, ""))


def _revision(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        abort(400)
    return int(given)
