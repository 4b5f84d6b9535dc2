"""What people decided is learned by a process that ends, and weighs what comes after it; rules are heard first."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.decide.precision import Past
from service.decide.triage import ENOUGH, Model, Trait
from service.model import Reflection, Revision, Rule, Triage, Weights, brake, weights
from service.model.engine import writing
from service.model.weights import FEWEST
from service.values.state import State
from tests.support.decisions import LETTERS, OFFERS, decide, past
from tests.support.verifying import Pipeline
from workers import learn
from workers.learning.__main__ import learn as learn_site

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRIED = {State.SPAM: {0.9: Past(ENOUGH, ENOUGH)}, State.APPROVED: {0.1: Past(ENOUGH, ENOUGH)}}
CHANNEL, HARBOUR = Trait("word", "channel").bucket, Trait("word", "harbour").bucket


def decided(pipeline: Pipeline, number: int = 60, **how: object) -> None:
    decide(pipeline.engine, pipeline.blog.id, pipeline.post("/old"), past(number), **how)  # type: ignore[arg-type]


def grown(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return list(weights.grown(session))


def wrote(pipeline: Pipeline, text: str) -> Reflection:
    """A comment that comes now, and what becomes of it."""
    item = pipeline.claim(f"http://comment.example/{secrets.token_hex(8)}", pipeline.post(), kind="comment")
    pipeline.change(item, source=None, host=None, latest=1)
    with writing(pipeline.engine) as session:
        made = {"number": 1, "made": datetime.now(UTC), "made_by": "writer"}
        session.add(Revision(reflection_id=item, text=text, **made))
    pipeline.run()
    return pipeline.item(item)


def linked(pipeline: Pipeline, body: str, path: str = "/source") -> Reflection:
    """A page that links to our post, and what becomes of it."""
    target = pipeline.post()
    return pipeline.verified(pipeline.web.page(path, body.format(target), host="127.0.0.2"), target)


def taught(pipeline: Pipeline, as_spam: float | None = 0.9, as_good: float | None = 0.1) -> None:
    """The blog has learned that channels are spam and harbours are not, and lets triage decide alone."""
    model = Model.of(0.0, {CHANNEL: 40.0, HARBOUR: -40.0})
    with writing(pipeline.engine) as session:
        weights.keep(session, pipeline.blog.id, model, TRIED, 100, 1, NOW)
        session.merge(Triage(site_id=pipeline.blog.id, as_spam=as_spam, as_good=as_good, changed_by="Olga"))


def test_what_people_decided_weighs_what_comes_then(pipeline: Pipeline) -> None:
    """From a hundred decisions to the first that is weighed: nothing is decided, as nobody let it."""
    decided(pipeline, 100)
    assert wrote(pipeline, OFFERS[0].format("x")).revisions[0].spam is None
    learn.mark(pipeline.engine, NOW)
    assert learn.any_due(pipeline.engine)
    learn.learn_due(pipeline.engine, threading.Event())
    assert not learn.any_due(pipeline.engine)
    with Session(pipeline.engine) as session:
        known = session.get_one(Weights, pipeline.blog.id)
        found = weights.past_of(known.past)
        assert known.decisions == 100
        # Three fifths are enough to teach the fourth, and four the last: 40 are foretold, all rightly, half of them
        # spam.
        assert found[State.SPAM][0.8].right == found[State.SPAM][0.8].of > ENOUGH // 2

    offer, letter = wrote(pipeline, OFFERS[1].format("y")), wrote(pipeline, LETTERS[0].format("z"))
    assert (offer.state, letter.state) == (State.PENDING, State.PENDING)
    assert (offer.revisions[0].spam or 0) > 0.8 > 0.2 > (letter.revisions[0].spam or 1)
    named = [value for about, value, _ in offer.revisions[0].weighed or () if about == "word"]
    assert any(word in OFFERS[1].lower() for word in named)


def test_the_decisions_of_rules_and_scripts_teach_nothing(sqlite_pipeline: Pipeline) -> None:
    decided(sqlite_pipeline, by="rule 1", seen=False)
    decided(sqlite_pipeline, by="token")
    assert grown(sqlite_pipeline.engine) == []


@pytest.mark.parametrize(("number", "begins"), [(2 * FEWEST - 1, False), (2 * FEWEST, True)])
def test_nothing_is_said_before_there_is_enough_of_both_kinds(
    sqlite_pipeline: Pipeline, number: int, begins: bool
) -> None:
    """Neither by itself, nor where somebody presses *Learn now*."""
    decided(sqlite_pipeline, number)
    engine, site = sqlite_pipeline.engine, sqlite_pipeline.blog.id
    assert grown(engine) == ([site] if begins else [])
    assert learn_site(engine, site) is begins
    assert (wrote(sqlite_pipeline, OFFERS[0].format("x")).revisions[0].spam is not None) is begins


def test_nothing_is_learned_of_one_side_alone(sqlite_pipeline: Pipeline) -> None:
    offers = [one for one in past(4 * FEWEST) if one[1] is State.SPAM]
    decide(sqlite_pipeline.engine, sqlite_pipeline.blog.id, sqlite_pipeline.post(), offers)
    assert grown(sqlite_pipeline.engine) == []


@pytest.mark.parametrize(("more", "due"), [(4, False), (6, True)])
def test_it_learns_anew_when_decisions_grew_by_a_tenth(sqlite_pipeline: Pipeline, more: int, due: bool) -> None:
    decided(sqlite_pipeline, 60)
    site = sqlite_pipeline.blog.id
    with writing(sqlite_pipeline.engine) as session:
        weights.keep(session, site, Model.of(0.0, {}), {}, 60, 60, NOW)
    decide(sqlite_pipeline.engine, site, sqlite_pipeline.post(), past(200)[-more:])
    assert grown(sqlite_pipeline.engine) == ([site] if due else [])


@pytest.mark.parametrize(
    ("text", "to"), [("My channel", State.SPAM), ("The harbour", State.APPROVED), ("Neither", State.PENDING)]
)
def test_it_decides_alone_where_the_owner_let_it(sqlite_pipeline: Pipeline, text: str, to: State) -> None:
    taught(sqlite_pipeline)
    item = wrote(sqlite_pipeline, text)
    event = sqlite_pipeline.events(item.id)[-1]
    assert (item.state, item.shown, event.seen) == (to, 1 if to is State.APPROVED else None, None)
    assert event.by == ("worker" if to is State.PENDING else "triage")
    assert item.decided == (None if to is State.PENDING else 1)
    assert grown(sqlite_pipeline.engine) == []


def test_a_hidden_link_is_never_approved(sqlite_pipeline: Pipeline) -> None:
    taught(sqlite_pipeline)
    seen = linked(sqlite_pipeline, "<p>The harbour, <a href='{}'>here</a></p>", "/seen")
    hidden = linked(sqlite_pipeline, "<p style='display:none'>The harbour, <a href='{}'>here</a></p>", "/hidden")
    assert (seen.state, hidden.state) == (State.APPROVED, State.PENDING)
    assert (hidden.revisions[0].spam or 1) <= 0.1


def test_a_rule_is_heard_first(sqlite_pipeline: Pipeline) -> None:
    taught(sqlite_pipeline)
    with writing(sqlite_pipeline.engine) as session:
        for value, verdict in (("harbour", "wait"), ("sailor", "spam")):
            rule = {"kind": "words", "value": value, "verdict": verdict, "created": NOW}
            session.add(Rule(site_id=sqlite_pipeline.blog.id, **rule))
    held, thrown_out = wrote(sqlite_pipeline, "The harbour"), wrote(sqlite_pipeline, "The sailor")
    assert (held.state, held.revisions[0].spam is not None) == (State.PENDING, True)
    assert (thrown_out.state, thrown_out.revisions[0].spam) == (State.SPAM, None)


def test_while_everything_is_held_it_approves_nothing(sqlite_pipeline: Pipeline) -> None:
    taught(sqlite_pipeline)
    now = datetime.now(UTC)
    with writing(sqlite_pipeline.engine) as session:
        brake.pull(session, [sqlite_pipeline.blog.id], brake.HOLD, "Olga", now, now + timedelta(hours=1))
    assert wrote(sqlite_pipeline, "The harbour").state is State.PENDING
    assert wrote(sqlite_pipeline, "My channel").state is State.SPAM


def test_a_new_version_of_what_is_up_is_weighed_and_waits(sqlite_pipeline: Pipeline) -> None:
    """Triage never changes what somebody decided."""
    taught(sqlite_pipeline)
    item = linked(sqlite_pipeline, "<p>The harbour, <a href='{}'>here</a></p>")
    sqlite_pipeline.web.page(
        "/source", f"<p>My channel, <a href='{sqlite_pipeline.post()}'>x</a></p>", host="127.0.0.2"
    )
    sqlite_pipeline.change(item.id, due_at=NOW)
    sqlite_pipeline.run()
    again = sqlite_pipeline.item(item.id)
    assert (again.state, again.shown, again.latest) == (State.APPROVED, 1, 2)
    assert (again.revisions[0].spam or 0) > 0.9 > (again.revisions[1].spam or 1)


def _runs(code: str, **further: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_processes_that_fetch_never_load_what_learns() -> None:
    """Neither the web process, nor a worker, however much was learned."""
    ran = _runs(
        "import sys, workers.jobs, workers.sweep, service.app; print({'sklearn', 'numpy', 'scipy'} & {*sys.modules})"
    )
    assert ran.stdout.strip() == "set()", ran.stderr


def test_where_the_library_is_missing_nothing_is_learned_and_the_log_says_so_once(sqlite_pipeline: Pipeline) -> None:
    decided(sqlite_pipeline)
    url = sqlite_pipeline.engine.url.render_as_string(hide_password=False)
    ran = _runs(
        "import sys, threading\n"
        "from datetime import UTC, datetime\n"
        "sys.modules['sklearn'] = None\n"
        "from service.model.engine import create\n"
        "from workers import learn\n"
        f"engine = create({url!r})\n"
        "for _ in range(2):\n"
        "    learn.mark(engine, datetime.now(UTC))\n"
        "    learn.learn_due(engine, threading.Event())\n"
    )
    said: Mapping[str, int] = {"returned": ran.returncode, "lines": ran.stdout.count("scikit-learn is missing")}
    assert said == {"returned": 0, "lines": 1}, ran.stdout + ran.stderr
    with Session(sqlite_pipeline.engine) as session:
        assert session.get(Weights, sqlite_pipeline.blog.id) is None
