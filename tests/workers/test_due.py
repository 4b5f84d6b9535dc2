"""What is due is held by one at a time, the oldest first and fair by host, whatever the clocks say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, event, select, update

from service.decide.conclude import JITTER, MISSING, MOST_PATIENCE, RETRIES
from service.decide.schedule import LONGEST_POST_REST, LONGEST_REST
from service.model import Arrival, Post, Reflection, site
from service.model.engine import create, writing
from service.model.post import named
from service.values.address import parse
from service.values.state import State
from workers import due
from workers.due import LEASE, LONGEST_WAIT, NEAR, Visit, claim, claim_again, claim_looks, give_back

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TARGET = "https://blog.example/post"


def items(
    engine: Engine, hosts: list[str], when: datetime = NOW, looked: bool = True, state: State = State.RECEIVED
) -> None:
    """One item that is due for each host named, each a second after the one before."""
    with writing(engine) as session:
        owner, _, _ = site.add(session, [parse("https://blog.example/")], NOW)
        post = named(session, owner, parse(TARGET), NOW)
        if looked:
            post.exists, post.looked_at, post.due_at = True, NOW, None
        for number, host in enumerate(hosts):
            session.add(
                Reflection(
                    site_id=owner.id,
                    post_id=post.id,
                    kind="webmention",
                    source=f"https://{host}/{number}",
                    source_key=f"{number:064}",
                    host=host,
                    state=state,
                    received=NOW,
                    due_at=when - timedelta(minutes=10) + timedelta(seconds=number),
                    arrivals=[Arrival(protocol="webmention", target=TARGET, first=NOW)],
                )
            )


def test_a_claim_says_what_to_visit(engine: Engine) -> None:
    items(engine, ["one.example"])
    [visit] = claim(engine, 10, NOW)
    assert (visit.source.url, [target.url for target in visit.targets]) == ("https://one.example/0", [TARGET])
    assert (visit.host, visit.validators, visit.post_exists) == ("one.example", None, True)
    assert not visit.is_comment


def test_what_is_held_is_not_given_to_another_until_its_lease_ends(engine: Engine) -> None:
    items(engine, ["one.example"])
    [first] = claim(engine, 10, NOW)
    assert claim(engine, 10, NOW + LEASE - timedelta(seconds=1)) == []
    [second] = claim(engine, 10, NOW + LEASE)
    assert second.item == first.item and second.token != first.token


def test_the_oldest_come_first_and_two_of_a_host_at_a_time(engine: Engine) -> None:
    items(engine, ["flood.example"] * 20 + ["honest.example", "other.example"])
    sources = [visit.source.url for visit in claim(engine, 10, NOW)]
    assert sources == [
        "https://flood.example/0",
        "https://flood.example/1",
        "https://honest.example/20",
        "https://other.example/21",
    ]


def test_however_long_a_flood_of_one_host_is_it_hides_nobody_behind_it(engine: Engine) -> None:
    items(engine, ["flood.example"] * (4 * NEAR + 1) + ["honest.example"])
    assert [visit.host for visit in claim(engine, 4, NOW)] == ["flood.example"] * 2 + ["honest.example"]


def test_no_more_are_taken_than_asked_for(engine: Engine) -> None:
    items(engine, [f"host-{number}.example" for number in range(30)])
    assert len(claim(engine, 7, NOW)) == 7


def test_workers_that_claim_at_once_never_hold_the_same(engine: Engine) -> None:
    items(engine, [f"host-{number}.example" for number in range(60)])
    with ThreadPoolExecutor(8) as workers:
        held = [visit.item for some in workers.map(lambda _: claim(engine, 10, NOW), range(12)) for visit in some]
    held += [visit.item for visit in claim(engine, 60, NOW)]
    assert sorted(held) == sorted(set(held)) and len(held) == 60


def test_who_finds_nothing_due_waits_for_nobody_who_writes(sqlite_url: str) -> None:
    engine, busy = create(sqlite_url), create(sqlite_url)
    items(engine, ["one.example"], when=NOW + timedelta(hours=1))
    with writing(busy), ThreadPoolExecutor(1) as worker:
        assert worker.submit(claim, engine, 10, NOW).result(3) == []
        assert worker.submit(claim_looks, engine, 10, NOW).result(3) == []
    for one in (engine, busy):
        one.dispose()


def test_who_is_overtaken_between_his_choice_and_his_claim_takes_what_is_left(sqlite_url: str) -> None:
    engine, other, quicker = create(sqlite_url), create(sqlite_url), list[Visit]()
    items(engine, [f"host-{number}.example" for number in range(5)])

    def overtake(*said: object) -> None:
        if said[2] == "BEGIN IMMEDIATE" and not quicker:
            quicker.extend(claim(other, 2, NOW))

    event.listen(engine, "before_cursor_execute", overtake)
    taken = claim(engine, 2, NOW)
    assert [visit.host for visit in quicker] == ["host-0.example", "host-1.example"]
    assert [visit.host for visit in taken] == ["host-2.example", "host-3.example"]
    for one in (engine, other):
        one.dispose()


def test_what_is_not_yet_due_waits(engine: Engine) -> None:
    items(engine, ["one.example"], when=NOW + timedelta(hours=1))
    assert claim(engine, 10, NOW) == [] and not due.anything(engine, NOW)
    assert due.anything(engine, NOW + timedelta(hours=1))


def test_what_was_due_under_a_clock_that_jumped_counts_as_due(engine: Engine) -> None:
    items(engine, ["one.example"], when=NOW + timedelta(days=4000))
    assert len(claim(engine, 10, NOW)) == 1


def test_a_clock_that_was_a_day_ahead_holds_nothing_up(engine: Engine) -> None:
    items(engine, ["one.example"], when=NOW + timedelta(days=1))
    assert due.anything(engine, NOW) and len(claim(engine, 10, NOW)) == 1


def test_whatever_may_be_due_later_by_right_waits_until_then(engine: Engine) -> None:
    longest = max(MISSING, MOST_PATIENCE, RETRIES[-1] * (1 + JITTER))
    assert longest < LONGEST_WAIT < longest + timedelta(hours=2)
    items(engine, ["one.example"], when=NOW + longest, state=State.PENDING)
    assert claim(engine, 10, NOW) == []


def test_who_is_tried_again_for_the_last_time_waits_until_then(engine: Engine) -> None:
    items(engine, ["one.example"], when=NOW + max(MOST_PATIENCE, RETRIES[-1] * (1 + JITTER)))
    assert claim(engine, 10, NOW) == []


def test_a_lease_under_a_clock_that_jumped_counts_as_ended(engine: Engine) -> None:
    items(engine, ["one.example"])
    assert len(claim(engine, 10, NOW + timedelta(days=1))) == 1
    assert len(claim(engine, 10, NOW)) == 1


def test_what_was_given_back_is_due_when_it_was_said(engine: Engine) -> None:
    items(engine, ["one.example"])
    [visit] = claim(engine, 10, NOW)
    give_back(engine, [visit], NOW + timedelta(seconds=5))
    assert claim(engine, 10, NOW) == []
    assert len(claim(engine, 10, NOW + timedelta(seconds=5))) == 1


def test_who_lost_a_lease_gives_nothing_back(engine: Engine) -> None:
    items(engine, ["one.example"])
    [lost] = claim(engine, 10, NOW)
    [newer] = claim(engine, 10, NOW + LEASE)
    give_back(engine, [lost], NOW)
    with writing(engine) as session:
        assert session.scalars(select(Reflection.lease)).one() == newer.token


def test_to_hold_and_to_let_go_finds_its_rows_by_their_number(sqlite_url: str) -> None:
    """A scan would stand under the one lock that SQLite has for all who write."""
    engine, statements = create(sqlite_url), list[tuple[str, tuple[object, ...]]]()
    items(engine, ["one.example", "other.example"])
    visits = claim(engine, 10, NOW)
    event.listen(engine, "before_cursor_execute", lambda *said: statements.append((said[2], said[3])))
    due.renew(engine, visits, NOW)
    [(statement, values)] = [one for one in statements if one[0].startswith("UPDATE")]
    with engine.connect() as connection:
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert any(line.startswith("SEARCH reflection") for line in plan), plan
    assert not any(line.startswith("SCAN reflection") for line in plan), plan
    engine.dispose()


def test_the_items_of_a_new_post_wait_for_its_look_half_a_minute_at_most(engine: Engine) -> None:
    items(engine, ["one.example"], looked=False)
    assert claim(engine, 10, NOW + timedelta(seconds=29)) == []
    assert len(claim(engine, 10, NOW + timedelta(seconds=30))) == 1


def test_a_look_that_is_under_way_is_waited_for_however_late_it_began(engine: Engine) -> None:
    items(engine, ["one.example"], looked=False)
    later = NOW + timedelta(minutes=10)
    [look] = claim_looks(engine, 10, later)
    assert claim(engine, 10, later) == [] and not due.anything(engine, later)
    give_back(engine, [look], later + timedelta(seconds=2))
    assert len(claim(engine, 10, later)) == 1


def test_two_posts_of_a_site_are_looked_at_at_a_time_and_none_of_one_that_rests(engine: Engine) -> None:
    with writing(engine) as session:
        for number in range(2):
            base = f"https://blog-{number}.example/"
            owner, _, _ = site.add(session, [parse(base)], NOW)
            for path in range(5):
                named(session, owner, parse(f"{base}{path}"), NOW)
    looks = claim_looks(engine, 10, NOW)
    assert sorted(look.address.host for look in looks) == ["blog-0.example"] * 2 + ["blog-1.example"] * 2
    assert {look.site for look in claim_looks(engine, 10, NOW, resting=[looks[0].site])} == {looks[-1].site}


def test_comments_have_no_host_and_wait_for_none_of_their_kind(engine: Engine) -> None:
    items(engine, ["none"] * 10)
    with writing(engine) as session:
        session.execute(update(Reflection).values(host=None, source=None, kind="comment"))
    visits = claim(engine, 10, NOW)
    assert len(visits) == 10 and all(visit.is_comment and visit.source is None for visit in visits)


def test_nothing_of_a_host_that_rests_is_taken(engine: Engine) -> None:
    items(engine, ["flood.example"] * 3 + ["honest.example"])
    [visit] = claim(engine, 10, NOW, resting=["flood.example"])
    assert visit.host == "honest.example"


def test_a_new_post_is_looked_at_once(engine: Engine) -> None:
    items(engine, ["one.example"], looked=False)
    [look] = claim_looks(engine, 10, NOW)
    assert look.address.url == TARGET
    assert claim_looks(engine, 10, NOW) == []
    with writing(engine) as session:
        assert session.scalars(select(Post.lease)).one() == look.token


def test_a_post_whose_address_is_broken_in_the_database_holds_up_no_look_and_no_item(engine: Engine) -> None:
    items(engine, ["one.example"], looked=False)
    with writing(engine) as session:
        session.execute(update(Post).values(url="not an address"))
        named(session, session.scalars(select(site.Site)).one(), parse("https://blog.example/other"), NOW)
    assert [look.address.url for look in claim_looks(engine, 10, NOW)] == ["https://blog.example/other"]
    with writing(engine) as session:
        broken = session.scalars(select(Post).where(Post.url == "not an address")).one()
        assert (broken.looked_at, broken.due_at, broken.lease, broken.exists) == (NOW, None, None, None)
    assert len(claim(engine, 10, NOW)) == 1


# what nobody asked for


def again(engine: Engine, hosts: list[str], when: datetime = NOW) -> None:
    """Items that are up and looked at again by themselves."""
    items(engine, hosts)
    with writing(engine) as session:
        session.execute(update(Reflection).values(state=State.APPROVED, due_at=None, again_at=when))


def test_what_is_looked_at_by_itself_comes_after_whatever_somebody_asked_for(engine: Engine) -> None:
    again(engine, [f"old-{number}.example" for number in range(5)], NOW - timedelta(days=3))
    assert due.anything(engine, NOW) and claim(engine, 10, NOW) == []
    with writing(engine) as session:
        session.execute(update(Reflection).where(Reflection.host == "old-3.example").values(due_at=NOW))
    [asked] = claim(engine, 10, NOW)
    assert (asked.host, asked.again, asked.due) == ("old-3.example", False, NOW)
    looks = claim_again(engine, 3, NOW)
    assert [(look.host, look.again, look.due) for look in looks] == [
        (f"old-{number}.example", True, None) for number in (0, 1, 2)
    ]
    assert [look.host for look in claim_again(engine, 3, NOW)] == ["old-4.example"]
    assert claim_again(engine, 0, NOW) == []


def test_two_looks_of_a_host_at_a_time_and_none_of_one_at_rest(engine: Engine) -> None:
    again(engine, ["flood.example"] * 5 + ["resting.example", "other.example"])
    assert [look.host for look in claim_again(engine, 10, NOW, {"resting.example"})] == [
        "flood.example",
        "flood.example",
        "other.example",
    ]


def test_a_look_in_three_months_waits_and_one_in_ten_years_does_not(engine: Engine) -> None:
    again(engine, ["one.example"], NOW + LONGEST_REST)
    assert claim_again(engine, 10, NOW) == [] and not due.anything(engine, NOW)
    with writing(engine) as session:
        session.execute(update(Reflection).values(again_at=NOW + timedelta(days=3650)))
    assert due.anything(engine, NOW) and len(claim_again(engine, 10, NOW)) == 1


def test_a_look_that_is_put_off_is_no_claim(engine: Engine) -> None:
    again(engine, ["one.example"])
    [look] = claim_again(engine, 10, NOW)
    due.postpone(engine, look, NOW, NOW + timedelta(hours=1))
    assert claim_again(engine, 10, NOW) == []
    [later] = claim_again(engine, 10, NOW + timedelta(hours=1))
    assert later.item == look.item and later.due is None


def test_posts_that_were_never_looked_at_come_before_those_of_every_week(engine: Engine) -> None:
    items(engine, [])
    with writing(engine) as session:
        known = session.scalars(select(Post)).one()
        known.due_at = NOW - timedelta(days=2)
        fresh = named(session, known.site, parse("https://blog.example/new"), NOW).id
    assert [look.post for look in claim_looks(engine, 1, NOW)] == [fresh]


def test_a_look_at_a_post_in_a_week_waits_and_one_in_a_year_does_not(engine: Engine) -> None:
    items(engine, [])
    for ahead, found in ((LONGEST_POST_REST, 0), (timedelta(days=365), 1)):
        with writing(engine) as session:
            session.execute(update(Post).values(due_at=NOW + ahead))
        assert len(claim_looks(engine, 10, NOW)) == found


def test_a_post_to_which_an_item_is_just_added_is_taken_for_its_look(postgresql_url: str) -> None:
    engine, other = create(postgresql_url), create(postgresql_url)
    items(engine, ["one.example"], looked=False)
    with writing(other) as session:
        first = session.scalars(select(Reflection)).one()
        columns = {"site_id": first.site_id, "post_id": first.post_id, "kind": "webmention", "received": NOW}
        session.add(Reflection(**columns, source="https://two.example/", source_key="2" * 64, state=State.RECEIVED))
        session.flush()
        assert len(claim_looks(engine, 10, NOW)) == 1
    for one in (engine, other):
        one.dispose()
