"""What an act answers: people are led back to the page where they were, the page's own script is told in JSON.

In JSON: ``results``, one for each item that was asked for (``id`` with the ``state`` that it has now and the
``event``; or ``error``, a sentence, with ``now``, ``by`` and ``at``: what it is, and who made it so, when);
``said``, a line; ``undo``, the field by which ``/admin/undo`` takes it back, or null; ``waiting``, how many wait.
What was not done at all is a problem (RFC 9457) with the same results.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.database import db
from service.moderate import as_json, done, items, telling
from service.moderate.decisions import Conflict, Decided, Result
from service.moderate.done import Done
from service.moderate.item import readable
from service.moderate.problems import Problem
from service.people import back_to, by_script, person


def one(result: Result) -> ResponseReturnValue:
    """Of one item: back to where the button stood; or what is the case now, and who made it so."""
    if isinstance(result, Decided):
        return _told([result], done.of_event(result.event)) if by_script() else _back_with("done", result.event)
    if by_script():
        status = 404 if result.why == "not_there" else 409
        return Problem(status, _sentence(result), results=[_became(result)]).answer()
    if result.why == "not_there":
        abort(404)
    found = items.one(db.session(), person().reach, result.uid)
    return render_template("moderate/conflict.html", item=found, said=_sentence(result), back=_back()), 409


def many(results: Sequence[Result], batch: int | None) -> ResponseReturnValue:
    """Of many: back to where the button stood; or which of them were not done, and who was quicker."""
    if batch is None:
        abort(404)
    lost = [result for result in results if isinstance(result, Conflict)]
    made = done.of_batch(batch)
    if by_script():
        return _told(results, made)
    if not lost:
        return _back_with("batch", batch)
    return render_template("moderate/not_all.html", lost=_named(lost), of=len(results), done=made, back=_back()), 409


def _became(result: Result) -> dict[str, Any]:
    if isinstance(result, Decided):
        return {"id": result.uid, "state": result.state, "event": result.event}
    return {"id": result.uid, "error": _sentence(result), **as_json.overtaken(result)}


def _told(results: Sequence[Result], made: Done | None) -> ResponseReturnValue:
    return jsonify(
        results=[_became(result) for result in results],
        said=made.said if made else "",
        undo={made.field: made.number} if made and made.can_be_undone else None,
        waiting=items.waiting(db.session(), person().reach),
    )


def _back_with(name: str, number: int) -> ResponseReturnValue:
    separator = "&" if "?" in _back() else "?"
    anchor = request.form.get("next", "")
    fragment = f"#item-{anchor}" if anchor and readable(anchor) else ""
    return redirect(f"{_back()}{separator}{name}={number}{fragment}", 303)


def _named(lost: Sequence[Conflict]) -> list[tuple[str, str, str]]:
    """Of each that was not done its id, what it is called, and why."""
    reach = person().reach
    found = {uid: items.one(db.session(), reach, uid) for uid in dict.fromkeys(one.uid for one in lost)}
    return [(one.uid, item.title if (item := found[one.uid]) else one.uid, _sentence(one)) for one in lost]


def _sentence(lost: Conflict) -> str:
    return telling.conflict(lost, datetime.now(UTC))


def _back() -> str:
    return back_to(request.form.get("back"))
