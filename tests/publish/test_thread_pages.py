"""What fits on a page of a thread, and what leads to the rest: without a database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.publish.thread import REPLIES, Branch, Growth, Heading, Item, Places, Thread, as_json
from service.publish.view import LARGEST, SIZE, View
from service.values import clean
from service.values.state import Kind

PLACES = Places(view=lambda view: f"?{dict(view.query)}", picture=lambda name: f"/pictures/{name}")


def item(number: int, parent: int | None = None, **further: object) -> Item:
    values: dict[str, object] = {
        "kind": Kind.COMMENT,
        "type": "comment",
        "url": None,
        "author_name": "Ann",
        "author_url": None,
        "title": "",
        "content": clean.markdown("words"),
        "text": "words",
        "published": None,
        "received": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Item(id=number, uid=f"u{number}", parent=parent, **{**values, **further})  # type: ignore[arg-type]


def uids(branches: tuple[Branch, ...]) -> list[object]:
    return [[branch.item.uid, uids(branch.replies)] if branch.replies else branch.item.uid for branch in branches]


def test_replies_stand_under_what_they_answer() -> None:
    growth = Growth([item(1), item(2)])
    assert growth.take([item(3, 1), item(4, 2), item(5, 1)]) == [3, 4, 5]
    assert growth.take([item(6, 5)]) == [6]
    assert uids(growth.branches()) == [["u1", ["u3", ["u5", ["u6"]]]], ["u2", ["u4"]]]


def test_an_item_brings_fifty_replies_and_says_that_there_are_more() -> None:
    growth = Growth([item(1)])
    taken = growth.take(item(number, 1) for number in range(2, REPLIES + 3))
    (branch,) = growth.branches()
    assert len(taken) == len(branch.replies) == REPLIES
    assert branch.more


def test_replies_of_replies_count_among_the_fifty() -> None:
    growth = Growth([item(1)])
    growth.take(item(number, 1) for number in range(2, REPLIES + 1))
    growth.take([item(100, 2), item(101, 3)])
    (branch,) = growth.branches()
    assert not branch.more
    assert [reply.more for reply in branch.replies[:2]] == [False, True]


def test_what_answers_itself_is_not_drawn_for_ever() -> None:
    growth = Growth([item(1, parent=1)])
    assert growth.take([item(1, 1)]) == []
    assert uids(growth.branches()) == ["u1"]


def test_the_rest_of_the_replies_is_a_view_of_its_own() -> None:
    thread = Thread(
        Heading("https://b.example/p", "", "en", True, True), {Kind.COMMENT: 60}, (Branch(item(1), more=True),)
    )
    made = as_json(thread, PLACES)
    assert made["reflections"][0]["more"] == f"?{ {'under': 'u1'} }"
    rest = Thread(thread.heading, thread.counts, (Branch(item(2, parent=1)),), View(under="u1", skip=50), further=True)
    made = as_json(rest, PLACES)
    assert made["reflections"][0]["parent"] == "u1"
    assert made["next"] == f"?{ {'page': '2', 'under': 'u1', 'skip': '50'} }"


@pytest.mark.parametrize(
    "kind,type_,further,form",
    [
        (Kind.COMMENT, "comment", {}, "words"),
        (Kind.WEBMENTION, "reply", {}, "words"),
        (Kind.WEBMENTION, "reply", {"content": clean.CleanHtml("")}, "line"),
        (Kind.PINGBACK, "mention", {}, "line"),
        (Kind.TRACKBACK, "mention", {}, "line"),
        (Kind.WEBMENTION, "like", {}, "act"),
        (Kind.WEBMENTION, "rsvp", {"rsvp": "yes"}, "act"),
        (Kind.WEBMENTION, "rsvp", {"rsvp": "sure"}, "line"),
    ],
)
def test_each_kind_of_item_has_its_form(kind: Kind, type_: str, further: dict[str, object], form: str) -> None:
    assert item(1, kind=kind, type=type_, **further).form == form


def test_only_what_many_ask_for_is_kept() -> None:
    assert View().usual and View(size=LARGEST, order="newest").usual
    assert not any(view.usual for view in (View(size=49), View(page=2), View(under="u1"), View(skip=3)))


def test_a_view_is_said_with_as_little_as_it_needs() -> None:
    assert dict(View().query) == {}
    assert dict(View(page=2, order="newest").next().query) == {"page": "3", "order": "newest"}
    assert View(page=3, size=SIZE).offset == 100
