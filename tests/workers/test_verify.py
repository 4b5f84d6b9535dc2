"""A run over what is due: fair, never twice, and nothing that one page does costs another."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import structlog
from sqlalchemy import select, text, update

from service.bell import Bell
from service.model import Post, Revision, Rule
from service.model.engine import create, writing
from service.values.address import Address
from service.values.page import Busy, Fetched, Limits, Page, Validators
from service.values.reading import Reading
from service.values.state import State
from tests.support.verifying import Pipeline
from tests.support.waiting import until
from tests.support.web import Answer, Request
from workers import due
from workers.child import Child, Crashed
from workers.due import LEASE
from workers.hands import Hands
from workers.means import AWAY
from workers.pace import Pace
from workers.verify import DEATHS


def linked(pipeline: Pipeline, path: str, host: str = "127.0.0.2", **answer: object) -> tuple[str, str]:
    """A source with its link, and the post."""
    target = pipeline.post()
    return pipeline.web.page(path, f"<a href='{target}'>x</a>", host=host, **answer), target  # type: ignore[arg-type]


def paced(pipeline: Pipeline, interval: float) -> Pipeline:
    """The same, with a turn for each host."""
    from tests.support.fetching import fetcher

    pace = Pace(redis.Redis.from_url("redis://127.0.0.1:1/0"), pipeline.engine, interval)
    fetch = fetcher(pace=pace, stop=pipeline.means.stop).fetch
    return replace(pipeline, means=replace(pipeline.means, fetch=fetch))


def rule(pipeline: Pipeline, host: str, verdict: str) -> int:
    with writing(pipeline.engine) as session:
        made = Rule(site_id=pipeline.blog.id, kind="host", value=host, verdict=verdict, created=datetime.now(UTC))
        session.add(made)
        session.flush()
        return made.id


def comment(pipeline: Pipeline, target: str, state: State = State.RECEIVED) -> int:
    """A comment as the form writes it: an item without a source, with its first revision."""
    item = pipeline.claim(f"http://comment.example/{secrets.token_hex(8)}", target, kind="comment", state=state)
    pipeline.change(item, source=None, host=None, latest=1)
    with writing(pipeline.engine) as session:
        session.add(Revision(reflection_id=item, number=1, made=datetime.now(UTC), made_by="writer", text="Hello"))
    return item


# comments and rules


def test_a_comment_waits_for_a_person_and_nothing_is_fetched(pipeline: Pipeline) -> None:
    item = comment(pipeline, pipeline.post())
    pipeline.run()
    made = pipeline.item(item)
    assert (made.state, made.latest, made.due_at, made.lease) == (State.PENDING, 1, None, None)
    assert pipeline.web.connections("127.0.0.2") == 0


def test_an_edited_comment_that_is_up_stays_up(sqlite_pipeline: Pipeline) -> None:
    item = comment(sqlite_pipeline, sqlite_pipeline.post(), State.APPROVED)
    sqlite_pipeline.run()
    made = sqlite_pipeline.item(item)
    assert (made.state, made.due_at) == (State.APPROVED, None)


def test_more_comments_than_two_are_worked_off_in_one_run(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    for _ in range(30):
        comment(sqlite_pipeline, target)
    sqlite_pipeline.run()
    assert {item.state for item in sqlite_pipeline.items()} == {State.PENDING}


def test_a_rule_approves_what_comes_from_its_host_and_is_counted(pipeline: Pipeline) -> None:
    number = rule(pipeline, "127.0.0.2", "approve")
    item = pipeline.verified(*linked(pipeline, "/source"))
    assert (item.state, item.shown, item.decided) == (State.APPROVED, 1, 1)
    assert pipeline.events(item.id)[0].by == f"rule {number}"
    with writing(pipeline.engine) as session:
        assert session.get_one(Rule, number).hits == 1
    assert pipeline.our_post(pipeline.post()).version == 2


@pytest.mark.parametrize("verdict", ["spam", "refuse"])
def test_a_rule_against_a_host_holds_for_whatever_leads_to_it(sqlite_pipeline: Pipeline, verdict: str) -> None:
    rule(sqlite_pipeline, "127.0.0.66", verdict)
    rule(sqlite_pipeline, "127.0.0.2", "approve")
    page, target = linked(sqlite_pipeline, "/bad", host="127.0.0.66")
    source = sqlite_pipeline.web.redirect("/nice", page)
    assert sqlite_pipeline.verified(source, target).state is State.SPAM


def test_a_welcome_host_does_not_vouch_for_where_it_leads(sqlite_pipeline: Pipeline) -> None:
    rule(sqlite_pipeline, "127.0.0.2", "approve")
    page, target = linked(sqlite_pipeline, "/other", host="127.0.0.77")
    assert sqlite_pipeline.verified(sqlite_pipeline.web.redirect("/out", page), target).state is State.PENDING


# fair, and never twice


def test_each_source_is_fetched_once(pipeline: Pipeline) -> None:
    pairs = [linked(pipeline, f"/{number}", host=f"127.0.1.{number + 1}") for number in range(40)]
    for pair in pairs:
        pipeline.claim(*pair)
    pipeline.uncrowded().run()
    assert {item.state for item in pipeline.items()} == {State.PENDING}
    assert [len(pipeline.web.requests(source)) for source, _ in pairs] == [1] * 40


def test_two_workers_at_once_do_nothing_twice(pipeline: Pipeline) -> None:
    for number in range(30):
        pipeline.claim(*linked(pipeline, f"/{number}", host=f"127.0.1.{number + 1}", delay=0.02))
    with Child() as other_child:
        means = replace(pipeline.means, child=other_child, hands=Hands(8, "fetch"), reader=Hands(1, "reader"))
        other = replace(pipeline, means=means)
        threads = [threading.Thread(target=one.run) for one in (pipeline, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert {item.state for item in pipeline.items()} == {State.PENDING}
    assert [len(pipeline.events(item.id)) for item in pipeline.items()] == [1] * 30


def test_slow_hosts_hold_up_no_honest_one(sqlite_pipeline: Pipeline) -> None:
    pipeline = sqlite_pipeline.with_limits(seconds=1.0)
    honest: list[int] = []
    for number in range(24):
        pipeline.claim(*linked(pipeline, "/", host=f"127.0.1.{number + 1}", delay=60.0))
        if number % 4 == 0:
            honest.append(pipeline.claim(*linked(pipeline, "/", host=f"127.0.2.{number + 1}")))
    began = time.monotonic()
    pipeline.run()
    assert time.monotonic() - began < 8, "three seconds, where one after the other would be twenty-four"
    assert {pipeline.item(item).state for item in honest} == {State.PENDING}
    assert [item.reason for item in pipeline.items() if item.id not in honest] == ["timeout"] * 24


def test_first_visits_are_impatient_while_more_is_due_than_there_are_hands(sqlite_pipeline: Pipeline) -> None:
    pipeline = sqlite_pipeline.with_limits(seconds=50.0)
    for number in range(8):
        pipeline.claim(*linked(pipeline, "/", host=f"127.0.1.{number + 1}", delay=60.0))
    began = time.monotonic()
    pipeline.run()
    assert time.monotonic() - began < 8
    assert {(item.reason, item.attempts) for item in pipeline.items()} == {("timeout", 1)}


def test_a_flooded_host_has_one_request_at_a_time_and_holds_up_nobody(pipeline: Pipeline) -> None:
    slow = paced(pipeline, 0.3)
    for number in range(20):
        slow.claim(*linked(slow, f"/{number}"))
    other = slow.claim(*linked(slow, "/", host="127.0.0.3"))
    run = threading.Thread(target=slow.run)
    run.start()
    until(lambda: slow.item(other).state is State.PENDING, 10, "the honest one waits")
    until(lambda: len(slow.web.requests("127.0.0.2")) >= 4, 20, "the flood is not worked off")
    slow.means.stop.set()
    run.join(10)
    assert not run.is_alive()
    requests = slow.web.requests("127.0.0.2")
    assert all(later.time - earlier.time >= 0.29 for earlier, later in itertools.pairwise(requests))
    assert max(request.concurrent for request in requests) == 1
    assert all(item.attempts == item.deaths == 0 for item in slow.items() if item.state is State.RECEIVED)


def test_a_run_waits_for_a_host_that_is_free_again_in_a_moment(sqlite_pipeline: Pipeline) -> None:
    slow = paced(sqlite_pipeline, 0.5)
    for number in range(4):
        slow.claim(*linked(slow, f"/{number}"))
    slow.run()
    assert {item.state for item in slow.items()} == {State.PENDING}


def test_a_run_that_waits_for_a_host_takes_what_comes_meanwhile(sqlite_pipeline: Pipeline) -> None:
    slow = paced(sqlite_pipeline, 1.0)
    for number in range(4):
        slow.claim(*linked(slow, f"/{number}"))
    run = threading.Thread(target=slow.run)
    run.start()
    until(lambda: slow.web.requests("127.0.0.2"), 10, "nothing is fetched")
    other = slow.claim(*linked(slow, "/", host="127.0.0.3"))
    until(lambda: slow.item(other).state is State.PENDING, 10, "the honest one waits")
    assert State.RECEIVED in {item.state for item in slow.items()}
    slow.means.stop.set()
    run.join(10)
    assert not run.is_alive()


def test_what_finds_its_host_busy_keeps_its_place(pipeline: Pipeline) -> None:
    item = pipeline.claim(*linked(pipeline, "/source"))
    before = pipeline.item(item).due_at

    def busy(address: Address, limits: Limits, since: Validators | None = None, **how: Any) -> Fetched:
        return Busy(address.domain, 5.0)

    pipeline.run()  # the post's look
    pipeline.change(item, state=State.RECEIVED, due_at=before)
    replace(pipeline, means=replace(pipeline.means, fetch=busy)).run()
    held = pipeline.item(item)
    assert (held.due_at, held.lease, held.state) == (before, None, State.RECEIVED)
    assert held.leased_until is not None
    assert timedelta(seconds=4) < held.leased_until - datetime.now(UTC) <= timedelta(seconds=10)


# stop, leases, deaths


def test_asked_to_stop_it_gives_back_what_it_holds_at_once(pipeline: Pipeline) -> None:
    for number in range(4):
        pipeline.claim(*linked(pipeline, "/", host=f"127.0.1.{number + 1}", delay=60.0))
    run = threading.Thread(target=pipeline.run)
    run.start()
    until(lambda: len([r for r in pipeline.web.requests() if r.host.startswith("127.0.1.")]) == 4, 10, "no fetches")
    began = time.monotonic()
    pipeline.means.stop.set()
    run.join(10)
    assert not run.is_alive() and time.monotonic() - began < 3
    assert all((item.lease, item.leased_until, item.attempts) == (None, None, 0) for item in pipeline.items())
    assert len(due.claim(pipeline.engine, 10, datetime.now(UTC))) == 4


def test_who_lost_his_lease_writes_nothing(pipeline: Pipeline) -> None:
    source, target = linked(pipeline, "/source")
    body = f"<a href='{target}'>x</a>"

    def answer(_request: Request) -> Answer:
        [newer] = due.claim(pipeline.engine, 10, datetime.now(UTC) + LEASE)
        taken.append(newer.token)
        return Answer(body)

    taken: list[str] = []
    pipeline.web.answers("/source", answer)
    item = pipeline.verified(source, target)
    assert (item.state, item.lease, item.revisions) == (State.RECEIVED, taken[0], [])
    assert pipeline.events(item.id) == []


def test_a_lease_is_renewed_while_its_holder_lives(pipeline: Pipeline) -> None:
    pipeline.claim(*linked(pipeline, "/source"))
    later = datetime.now(UTC) + timedelta(minutes=1)
    [visit] = due.claim(pipeline.engine, 10, later)
    due.renew(pipeline.engine, [visit], later + timedelta(seconds=40))
    assert due.claim(pipeline.engine, 10, later + timedelta(seconds=60)) == []
    assert len(due.claim(pipeline.engine, 10, later + timedelta(seconds=86))) == 1


class Fragile(Child):
    """A child that dies of certain pages, as a hole in a parser would have it."""

    def read(self, page: Page, targets: object, seconds: float = 8.0) -> Reading | Crashed:  # type: ignore[override]
        if b"poison" in page.body:
            return Crashed()
        return super().read(page, targets, seconds)  # type: ignore[arg-type, return-value]


def test_a_page_that_kills_its_reader_three_times_fails_and_costs_no_other(pipeline: Pipeline) -> None:
    target = pipeline.post()
    poison = pipeline.claim(pipeline.web.page("/poison", f"poison <a href='{target}'>x</a>"), target)
    others = [pipeline.claim(*linked(pipeline, "/", host=f"127.0.1.{number + 1}")) for number in range(10)]
    with Fragile() as child:
        replace(pipeline, means=replace(pipeline.means, child=child)).run()
    item = pipeline.item(poison)
    assert (item.state, item.reason) == (State.FAILED, "crashed")
    assert len(pipeline.web.requests("127.0.0.2")) == DEATHS
    assert {(pipeline.item(other).state, pipeline.item(other).deaths) for other in others} == {(State.PENDING, 0)}


def test_an_item_that_breaks_our_own_code_fails_and_costs_no_other(pipeline: Pipeline) -> None:
    def fetch(address: Address, limits: Limits, since: Validators | None = None, **how: Any) -> Fetched:
        if address.path == "/broken":
            raise ValueError("a mistake of ours")
        return pipeline.means.fetch(address, limits, since, **how)

    target = pipeline.post()
    broken = pipeline.claim(pipeline.web.url("/broken"), target)
    other = pipeline.claim(*linked(pipeline, "/", host="127.0.1.1"))
    with structlog.testing.capture_logs() as logs:
        replace(pipeline, means=replace(pipeline.means, fetch=fetch)).run()
    assert (pipeline.item(broken).state, pipeline.item(broken).reason) == (State.FAILED, "crashed")
    assert pipeline.item(other).state is State.PENDING
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS


def test_a_comment_that_can_not_be_settled_is_given_up_and_costs_no_other(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    broken, other = comment(sqlite_pipeline, target), comment(sqlite_pipeline, target)
    with sqlite_pipeline.engine.begin() as connection:
        when = f"WHEN NEW.reflection_id = {broken} AND NEW.went_to = 'pending'"
        connection.exec_driver_sql(
            f"CREATE TRIGGER refuses BEFORE INSERT ON event {when} BEGIN SELECT RAISE(ABORT, 'a mistake'); END"
        )
    with structlog.testing.capture_logs() as logs:
        sqlite_pipeline.run()
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS
    assert (sqlite_pipeline.item(broken).state, sqlite_pipeline.item(broken).reason) == (State.FAILED, "crashed")
    assert sqlite_pipeline.item(other).state is State.PENDING


def test_a_row_that_is_broken_in_the_database_holds_up_nobody(pipeline: Pipeline) -> None:
    target = pipeline.post()
    broken = pipeline.claim("http://127.0.0.2/x", target)
    pipeline.change(broken, source="not an address")
    other = pipeline.claim(*linked(pipeline, "/", host="127.0.1.1"))
    pipeline.run()
    assert (pipeline.item(broken).state, pipeline.item(broken).reason) == (State.FAILED, "invalid_source")
    [event] = pipeline.events(broken)
    assert "visit" not in (event.details or {})
    assert pipeline.item(other).state is State.PENDING


def test_a_revision_that_the_database_refuses_costs_no_other(pipeline: Pipeline) -> None:
    """Committed together, and still each on its own where one fails."""
    first = pipeline.claim(*linked(pipeline, "/", host="127.0.1.1"))
    with writing(pipeline.engine) as session:
        session.add(Revision(reflection_id=first, number=1, made=datetime.now(UTC), fingerprint="other"))
    others = [pipeline.claim(*linked(pipeline, "/", host=f"127.0.2.{number + 1}")) for number in range(10)]
    with structlog.testing.capture_logs() as logs:
        pipeline.run()
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS
    assert (pipeline.item(first).state, pipeline.item(first).reason) == (State.FAILED, "crashed")
    assert {pipeline.item(other).state for other in others} == {State.PENDING}


def test_what_asks_too_much_of_the_database_costs_no_other(postgresql_pipeline: Pipeline) -> None:
    """A statement of an item's own that can't be done, whose error looks like that of a server that is away."""
    first, other = (postgresql_pipeline.claim(*linked(postgresql_pipeline, f"/{name}")) for name in "ab")
    refuses = """CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'index row size exceeds' USING ERRCODE = '54000'; END $$"""
    when = f"CREATE TRIGGER refuses BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.reflection_id = {first} AND"
    with postgresql_pipeline.engine.begin() as connection:
        connection.exec_driver_sql(refuses)
        connection.exec_driver_sql(f"{when} NEW.went_to = 'pending') EXECUTE FUNCTION refuses()")
    with structlog.testing.capture_logs() as logs:
        postgresql_pipeline.run()
    assert [line["event"] for line in logs] == ["a visit broke"] * DEATHS
    assert postgresql_pipeline.item(other).state is State.PENDING


def test_two_runs_lock_the_posts_in_the_same_order(postgresql_pipeline: Pipeline) -> None:
    """Whichever of their items came first: else each would hold what the other waits for."""
    pipeline = postgresql_pipeline
    targets = [pipeline.post("/a"), pipeline.post("/b")]
    for target in targets:
        comment(pipeline, target)
    pipeline.run()
    posts = [pipeline.our_post(target).id for target in targets]
    for target in reversed(targets):
        comment(pipeline, target)
    admin, waits = create(str(pipeline.engine.url.render_as_string(False))), "wait_event_type = 'Lock'"
    waiting = text(f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {waits}")
    run = threading.Thread(target=pipeline.run)
    with writing(pipeline.engine) as session:
        for post in posts:
            session.execute(update(Post).where(Post.id == post).values(due_at=None))
    with writing(admin) as session:
        session.execute(update(Post).where(Post.id == posts[0]).values(title="A"))
        run.start()
        until(lambda: session.scalar(waiting), 20, "the run waits for nobody")
        free = select(Post.id).where(Post.id == posts[1]).with_for_update(nowait=True)
        assert session.scalar(free) == posts[1]
    run.join(20)
    admin.dispose()
    assert {item.state for item in pipeline.items()} == {State.PENDING}


def test_a_batch_that_the_database_gives_up_for_others_is_written_one_by_one(postgresql_pipeline: Pipeline) -> None:
    """As where two batches lock each other's rows, again and again."""
    target = postgresql_pipeline.post()
    items = [comment(postgresql_pipeline, target) for _ in range(5)]
    with writing(postgresql_pipeline.engine) as session:
        session.execute(
            text("""
            CREATE FUNCTION crowd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('test.settled', true) = 'yes' THEN
                RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
              END IF;
              PERFORM set_config('test.settled', 'yes', true);
              RETURN NEW;
            END $$
            """)
        )
        session.execute(
            text(
                "CREATE TRIGGER crowd BEFORE UPDATE ON reflection FOR EACH ROW"
                " WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION crowd()"
            )
        )
    postgresql_pipeline.run()
    settled = [postgresql_pipeline.item(item) for item in items]
    assert {(item.state, item.deaths) for item in settled} == {(State.PENDING, 0)}


def test_a_batch_locks_its_rows_in_one_order_whatever_came_first(sqlite_pipeline: Pipeline) -> None:
    target = sqlite_pipeline.post()
    items = [comment(sqlite_pipeline, target) for _ in range(5)]
    for number, item in enumerate(items):
        sqlite_pipeline.change(item, due_at=datetime.now(UTC) - timedelta(minutes=10 + number))
    sqlite_pipeline.run()
    events = sorted((event.id, item) for item in items for event in sqlite_pipeline.events(item))
    assert [item for _, item in events] == items


def test_a_database_that_ends_our_connections_in_the_midst_loses_nothing(postgresql_pipeline: Pipeline) -> None:
    pipeline = postgresql_pipeline
    url = pipeline.engine.url.update_query_dict({"application_name": "admin"})
    admin = create(url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    visited: set[str] = set()

    def answer(request: Request) -> Answer:
        """Each host's first visit costs everybody but us his connection."""
        if request.host not in visited:
            visited.add(request.host)
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            with admin.connect() as connection:
                connection.execute(text(f"{ended} AND application_name <> 'admin'"))
        return Answer(f"<a href='{target}'>x</a>")

    target = pipeline.post()
    for number in range(6):
        pipeline.claim(pipeline.web.answers("/", answer, host=f"127.0.1.{number + 1}"), target)

    def done() -> bool:
        """A run, and then so much later that its leases have ended."""
        with contextlib.suppress(*AWAY):
            pipeline.run()
        with admin.connect() as connection:
            connection.execute(text("UPDATE reflection SET leased_until = NULL"))
            connection.execute(text("UPDATE post SET leased_until = NULL"))
            states = connection.scalars(text("SELECT state FROM reflection")).all()
        return states == ["pending"] * 6

    until(done, 30, "something was lost")
    assert [len(pipeline.events(item.id)) for item in pipeline.items()] == [1] * 6
    admin.dispose()


# ringing


def test_a_run_that_leaves_something_rings(pipeline: Pipeline) -> None:
    rings: list[int] = []
    item = pipeline.claim(*linked(pipeline, "/"))
    means = replace(pipeline.means, ring=lambda: rings.append(1))
    replace(pipeline, means=means).run()
    assert rings == [] and pipeline.item(item).state is State.PENDING
    means.stop.set()
    pipeline.claim(*linked(pipeline, "/"))
    replace(pipeline, means=means).run()
    assert rings == [1]


def test_a_run_with_more_than_it_can_hold_rings_for_help(pipeline: Pipeline, redis_url: str) -> None:
    for number in range(30):
        pipeline.claim(*linked(pipeline, "/", host=f"127.0.1.{number + 1}"))
    pipeline.run()
    queued = Bell(redis_url).connection.llen("rq:queue:verify")
    assert queued == 1
    assert {item.state for item in pipeline.items()} == {State.PENDING}


def test_the_ring_at_the_end_of_a_short_run_is_heard(sqlite_pipeline: Pipeline, redis_url: str) -> None:
    def busy(address: Address, limits: Limits, since: Validators | None = None, **how: Any) -> Fetched:
        return Busy(address.domain, 5.0)

    sqlite_pipeline.claim(*linked(sqlite_pipeline, "/", host="127.0.0.3"))
    sqlite_pipeline.run()  # the post's look
    for number in range(3):
        sqlite_pipeline.claim(*linked(sqlite_pipeline, f"/{number}"))
    connection = Bell(redis_url).connection
    Bell(redis_url).ring("verify")
    connection.delete("rq:queue:verify")  # a worker takes it
    replace(sqlite_pipeline, means=replace(sqlite_pipeline.means, fetch=busy)).run()
    assert connection.llen("rq:queue:verify") == 1


def test_nothing_due_costs_nothing(pipeline: Pipeline) -> None:
    assert pipeline.run() == 0
    assert not due.anything(pipeline.engine, datetime.now(UTC))
