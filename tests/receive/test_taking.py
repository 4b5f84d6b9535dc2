"""Many claims in one go: each is taken or refused as if it had come alone, in a few statements for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, event, func, select, text
from sqlalchemy.orm import Session

from service.model import Post, Reflection, Rule, Site
from service.model.engine import writing, written
from service.receive import claim as claims
from service.receive.taking import Admitted, Receipt, take
from service.values.reason import Refused
from service.values.state import Protocol, State
from tests.receive.senders import SOURCE, TARGET, Stored
from tests.support.service import MakeSite
from tests.support.waiting import until

NOW = datetime.now(UTC)


def claimed(
    source: str = SOURCE,
    target: str = TARGET,
    protocol: Protocol = Protocol.WEBMENTION,
    delay: timedelta = timedelta(),
    **hints: str,
) -> Admitted:
    claim = claims.read(protocol, source, target, received=NOW, sender="192.0.2.1", hints=hints)
    return Admitted(claim, delay)


def told(engine: Engine, *lot: Admitted) -> Sequence[Receipt | Refused]:
    """What becomes of a lot in one transaction."""
    with writing(engine) as session:
        return take(session, lot)


def receipts(engine: Engine, *lot: Admitted) -> list[Receipt]:
    """The receipts of a lot of which all are taken."""
    return [receipt for receipt in told(engine, *lot) if isinstance(receipt, Receipt)]


def test_one_that_is_refused_and_one_that_is_known_stand_in_the_way_of_no_other(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    make_site("https://blog.example/")
    (known,) = receipts(engine, claimed())
    lot = [
        claimed("https://tom.example/"),
        claimed(target="https://elsewhere.example/"),
        claimed(),
        claimed("https://ann.example/"),
    ]
    tom, elsewhere, again, ann = told(engine, *lot)
    assert isinstance(elsewhere, Refused) and elsewhere.reason.code == "unknown_site"
    assert again == Receipt(known.uid, known=True)
    assert isinstance(tom, Receipt) and isinstance(ann, Receipt)
    assert [item.uid for item in stored.items()] == [known.uid, tom.uid, ann.uid]
    assert [item.source for item in stored.items()] == [SOURCE, "https://tom.example/", "https://ann.example/"]


def test_a_pair_that_comes_twice_in_a_lot_by_two_protocols_is_one_item_with_both(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    make_site("https://blog.example/")
    late = timedelta(minutes=5)
    first, other, second = receipts(
        engine,
        claimed(delay=late),
        claimed("https://tom.example/"),
        claimed(SOURCE + "#part", TARGET + "/", Protocol.PINGBACK),
    )
    assert (first.uid, first.known, second.known) == (second.uid, False, True)
    item = next(item for item in stored.items() if item.uid == first.uid)
    ways = [(way.protocol, way.target) for way in stored.arrivals() if way.reflection_id == item.id]
    assert ways == [("webmention", TARGET), ("pingback", TARGET + "/")]
    assert (item.kind, item.due_at) == ("webmention", NOW), "it is due when the sooner of both is"
    assert not other.known and stored.count(Reflection) == 2


def test_a_post_that_a_lot_names_for_the_first_time_is_one_post(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    make_site("https://blog.example/")
    lot = [claimed(f"https://s{n}.example/", TARGET + "?utm_source=x" * (n % 2)) for n in range(20)]
    assert len(receipts(engine, *lot)) == stored.count(Reflection) == 20
    assert [post.url for post in stored.posts()] == [TARGET]


def test_each_of_a_lot_is_judged_by_the_rules_of_its_own_site(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    blog, other = make_site("https://blog.example/"), make_site("https://other.example/")
    with writing(engine) as session:
        session.add(Rule(site_id=blog.id, kind="host", value="tom.example", verdict="refuse", created=NOW))
        session.add(Rule(site_id=other.id, kind="host", value="ann.example", verdict="refuse", created=NOW))
        session.get_one(Site, other.id).slash_matters = True
    there = "https://other.example/post"
    lot = [claimed(f"https://{who}.example/", target) for who in ("tom", "ann") for target in (TARGET, there)]
    codes = [one.reason.code if isinstance(one, Refused) else "taken" for one in told(engine, *lot)]
    assert codes == ["blocked", "taken", "taken", "blocked"]
    assert {(post.site_id, post.url) for post in stored.posts()} == {(blog.id, TARGET), (other.id, there)}


def test_what_is_closed_or_not_there_or_erased_is_so_for_each_by_itself(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    make_site("https://blog.example/")
    receipts(engine, claimed(), claimed(target=TARGET + "-2"), claimed(target=TARGET + "-3"))
    with writing(engine) as session:
        closed, missing, _ = session.scalars(select(Post).order_by(Post.id))
        closed.linkbacks_open, missing.exists, missing.looked_at = False, False, NOW
        session.scalars(select(Reflection).order_by(Reflection.id.desc())).first().state = State.ERASED  # type: ignore[union-attr]
    new = "https://tom.example/"
    lot = [claimed(source, TARGET + end) for end in ("", "-2", "-3") for source in (SOURCE, new)]
    codes = [one.reason.code if isinstance(one, Refused) else "taken" for one in told(engine, *lot)]
    assert codes == ["taken", "closed", "taken", "no_such_post", "taken", "taken"]


def test_what_was_said_with_each_stays_with_it(engine: Engine, make_site: MakeSite, stored: Stored) -> None:
    make_site("https://blog.example/")
    told(engine, claimed(), claimed("https://tom.example/", title="Tom's"), claimed("https://tom.example/", title="No"))
    assert [way.hints for way in stored.arrivals()] == [None, {"title": "Tom's"}]
    with writing(engine) as session:
        assert session.scalar(select(func.count()).where(Reflection.arrivals.any(hints=None))) == 1, "no JSON null"


def test_a_lot_takes_no_more_statements_than_one_claim(engine: Engine, make_site: MakeSite) -> None:
    make_site("https://blog.example/")
    receipts(engine, claimed())
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    receipts(engine, claimed("https://one.example/"))
    for_one = len(statements)
    receipts(engine, *(claimed(f"https://s{n}.example/") for n in range(100)))
    assert len(statements) - for_one == for_one < 10


def test_taking_a_lot_twice_is_taking_it_once(engine: Engine, make_site: MakeSite, stored: Stored) -> None:
    make_site("https://blog.example/")
    lot = [claimed(), claimed("https://tom.example/")]
    with writing(engine) as session:
        first = take(session, lot)
        session.rollback()
    assert [receipt.known for receipt in receipts(engine, *lot)] == [False, False]
    again = receipts(engine, *lot)
    assert [receipt.known for receipt in again] == [True, True] and len(first) == 2
    assert stored.count(Reflection) == len(stored.arrivals()) == 2 and stored.count(Post) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_site_that_goes_while_a_claim_for_it_is_taken_takes_none(
    engine: Engine, make_site: MakeSite, stored: Stored
) -> None:
    make_site("https://blog.example/")

    def waits() -> bool:
        with engine.connect() as looking:
            return bool(looking.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))

    with ThreadPoolExecutor(1) as other, Session(engine) as owner:
        owner.execute(delete(Site))
        taken = other.submit(written, engine, lambda session: take(session, [claimed()]))
        until(waits, 10, "the claim does not wait for what becomes of its site")
        owner.commit()
        (told,) = taken.result(10)
    assert isinstance(told, Refused) and told.reason.code == "unknown_site"
    assert stored.count(Post) == stored.count(Reflection) == 0
