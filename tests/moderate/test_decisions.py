"""A moderator decides: what becomes of an item by each button, and how it is taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from service.model import Arrival, Post, Reflection
from service.model.engine import writing
from service.values.state import Protocol, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import SignIn


def landed(dashboard: Dashboard, answer: TestResponse) -> BeautifulSoup:
    """The page to which a decision leads."""
    assert answer.status_code == 303, answer.text
    return dashboard.page(str(answer.headers["Location"]))


def undone(dashboard: Dashboard, answer: TestResponse) -> TestResponse:
    """What comes of pressing Undo where a decision led."""
    form = landed(dashboard, answer).select_one(".done form")
    assert form is not None
    return dashboard.press(form, "Undo")


@pytest.mark.parametrize(
    ("label", "state", "line"),
    [
        ("Approve", State.APPROVED, "Approved “On reading slowly”."),
        ("Reject", State.REJECTED, "Rejected “On reading slowly”."),
        ("Spam", State.SPAM, "Marked “On reading slowly” as spam."),
    ],
)
def test_a_button_decides_and_says_so(desk: Desk, dashboard: Dashboard, label: str, state: State, line: str) -> None:
    item = desk.came()
    page = landed(dashboard, dashboard.press_on(item, label))
    assert desk.state(item) is state
    assert line in page.select_one(".done").text  # type: ignore[union-attr]
    assert page.select_one(f"#item-{item.uid}") is None
    last = desk.events(item)[-1]
    assert (last.by, last.came_from, last.went_to, last.seen) == ("Olga", State.PENDING, state, 1)


@pytest.mark.parametrize("label", ["Approve", "Reject", "Spam"])
def test_undo_brings_an_item_back_to_exactly_where_it_was(desk: Desk, dashboard: Dashboard, label: str) -> None:
    item = desk.came()
    assert undone(dashboard, dashboard.press_on(item, label)).status_code == 303
    row = desk.row(item)
    assert (row.state, row.shown, row.decided, row.latest) == (State.PENDING, None, None, 1)
    assert dashboard.page().select_one(f"#item-{item.uid}") is not None


def test_what_is_undone_is_no_longer_public(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    before = desk.version(item)
    answer = dashboard.press_on(item, "Approve")
    approved = desk.version(item)
    undone(dashboard, answer)
    assert before < approved < desk.version(item)


def test_approving_shows_the_revision_that_was_seen(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    dashboard.press_on(item, "Approve")
    row = desk.row(item)
    assert (row.shown, row.decided) == (1, 1)


def test_an_approved_item_whose_source_changed_waits_and_stays_up(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED)
    assert dashboard.page().select_one(f"#item-{item.uid}") is None
    desk.changes(item, "Buy my pills")
    card = dashboard.page().select_one(f"#item-{item.uid}")
    assert card is not None
    assert "It changed since it was approved." in card.text
    assert (desk.row(item).state, desk.row(item).shown) == (State.APPROVED, 1)


def test_showing_the_new_version_settles_it(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED)
    desk.changes(item, "A better ending")
    before = desk.version(item)
    answer = dashboard.press_on(item, "Show the new version")
    row = desk.row(item)
    assert (row.state, row.shown, row.decided) == (State.APPROVED, 2, 2)
    assert desk.version(item) > before
    undone(dashboard, answer)
    row = desk.row(item)
    assert (row.state, row.shown, row.decided) == (State.APPROVED, 1, 1)
    assert dashboard.page().select_one(f"#item-{item.uid}") is not None


def test_keeping_it_as_it_is_settles_the_newer_without_showing_it(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED)
    desk.changes(item, "Buy my pills")
    before = desk.version(item)
    page = landed(dashboard, dashboard.press_on(item, "Keep it as it is"))
    row = desk.row(item)
    assert (row.state, row.shown, row.decided) == (State.APPROVED, 1, 2)
    assert desk.version(item) == before
    assert page.select_one(f"#item-{item.uid}") is None


def test_a_failed_item_says_why_and_is_tried_again(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="http_status", reason_details={"status": 403})
    page = dashboard.page("/admin/?state=failed")
    assert "The source answered with status 403." in page.select_one(f"#item-{item.uid}").text  # type: ignore[union-attr]
    page = landed(dashboard, dashboard.press_on(item, "Try again", "/admin/?state=failed"))
    row = desk.row(item)
    assert row.state is State.RECEIVED
    assert row.due_at is not None
    assert row.attempts == 0
    assert "is checked again." in page.text


def test_trying_again_rings_the_workers(desk: Desk, dashboard: Dashboard, redis_url: str) -> None:
    import redis

    item = desk.came(state=State.FAILED, reason="timeout")
    dashboard.press_on(item, "Try again", "/admin/?state=failed")
    assert redis.Redis.from_url(redis_url).llen("rq:queue:verify") == 1


def test_trying_again_looks_at_a_post_that_was_not_there_again(
    desk: Desk, dashboard: Dashboard, engine: Engine
) -> None:
    item = desk.came(state=State.FAILED, reason="no_such_post")
    with writing(engine) as session:
        session.get_one(Post, session.get_one(Reflection, item.id).post_id).exists = False
    dashboard.press_on(item, "Try again", "/admin/?state=failed")
    with writing(engine) as session:
        post = session.get_one(Post, session.get_one(Reflection, item.id).post_id)
        assert (post.exists, post.due_at is not None) == (None, True)


def test_a_failed_item_is_approved_by_hand_as_its_address(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="no_link")
    answer = dashboard.press_on(item, "Approve by hand", "/admin/?state=failed")
    row = desk.row(item)
    assert (row.state, row.latest, row.shown, row.decided) == (State.APPROVED, 1, 1, 1)
    (made,) = desk.revisions(item)
    assert (made.made_by, made.url, made.site_name, made.text) == ("moderator", row.source, "ada.example", "")
    undone(dashboard, answer)
    row = desk.row(item)
    assert (row.state, row.latest, row.shown, row.decided) == (State.FAILED, None, None, None)
    assert row.reason == "no_link"


def test_what_was_approved_by_hand_twice_is_one_version(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="no_link")
    for _ in range(2):
        undone(dashboard, dashboard.press_on(item, "Approve by hand", "/admin/?state=failed"))
        assert (desk.row(item).latest, [one.number for one in desk.revisions(item)]) == (None, [1])


def test_a_failed_trackback_is_approved_in_its_own_words(desk: Desk, dashboard: Dashboard) -> None:
    said = {"title": "A day at sea", "excerpt": "We sailed <b>early</b>.", "blog_name": "Harbour notes"}
    item = desk.came(state=State.FAILED, reason="no_link", protocols=(Protocol.TRACKBACK,), hints=said)
    for path in ("/admin/?state=failed", f"/admin/items/{item.uid}"):
        shown = dashboard.page(path).select_one("main").text  # type: ignore[union-attr]
        assert "In its sender’s own words" in shown and all(words in shown for words in said.values())
    dashboard.press_on(item, "Approve by hand", "/admin/?state=failed")
    (made,) = desk.revisions(item)
    assert (made.title, made.site_name) == ("A day at sea", "Harbour notes")
    assert made.html == "<p>We sailed &lt;b&gt;early&lt;/b&gt;.</p>"


def test_words_that_came_since_the_page_was_read_are_not_approved(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="no_link")
    form = dashboard.form(item, "/admin/?state=failed")
    with writing(desk.engine) as session:
        hints, now = {"title": "PILLS"}, datetime.now(UTC)
        sent = {"protocol": Protocol.TRACKBACK, "target": desk.site.page("post"), "first": now, "hints": hints}
        session.add(Arrival(reflection_id=item.id, **sent))
    answer = dashboard.press(form, "Approve by hand")
    assert (answer.status_code, desk.state(item)) == (409, State.FAILED) and "PILLS" in answer.text
    listed = {"csrf": dashboard.token(), "decision": "approve", "item": f"{item.uid} failed "}
    assert (dashboard.send("/admin/decide-all", listed).status_code, desk.state(item)) == (409, State.FAILED)
    picked = dashboard.page("/admin/?state=failed").select_one(".pick")
    assert picked is not None
    assert dashboard.send("/admin/decide-all", listed | {"item": str(picked["value"])}).status_code == 303
    assert desk.revisions(item)[0].title == "PILLS"


def test_an_approval_by_hand_that_its_source_has_overtaken_is_not_undone(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.FAILED, reason="no_link")
    answer = dashboard.press_on(item, "Approve by hand", "/admin/?state=failed")
    page = landed(dashboard, answer)
    desk.changes(item, "Now it links")
    refused = dashboard.press(page.select_one(".done form"), "Undo")  # type: ignore[arg-type]
    assert refused.status_code == 409
    assert desk.state(item) is State.APPROVED


def test_undo_is_refused_once_somebody_else_decided(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    item = desk.came()
    page = landed(dashboard, dashboard.press_on(item, "Approve"))
    bob = open_dashboard(desk.moderator("Bob"))
    bob.press_on(item, "Spam", "/admin/?state=approved")
    refused = dashboard.press(page.select_one(".done form"), "Undo")  # type: ignore[arg-type]
    assert refused.status_code == 409
    assert "Bob marked it as spam" in refused.text
    assert desk.state(item) is State.SPAM


def test_of_two_who_decide_at_once_one_wins_and_the_other_learns_who_and_when(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    item = desk.came()
    mine = dashboard.form(item)
    open_dashboard(desk.moderator("Bob")).press_on(item, "Reject")
    refused = dashboard.press(mine, "Approve")
    assert refused.status_code == 409
    page = BeautifulSoup(refused.text, "lxml")
    assert "Bob rejected it" in page.select_one("[role=alert]").text  # type: ignore[union-attr]
    assert "ago" in page.select_one("[role=alert]").text  # type: ignore[union-attr]
    assert desk.state(item) is State.REJECTED
    # What it is now can be decided from there.
    again = dashboard.press(page.select_one("form.acts"), "Approve")  # type: ignore[arg-type]
    assert again.status_code == 303
    assert [event.by for event in desk.events(item)] == ["Bob", "Olga"]


def test_a_decision_about_an_older_version_is_refused(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    mine = dashboard.form(item)
    desk.changes(item, "Something quite different")
    refused = dashboard.press(mine, "Approve")
    assert refused.status_code == 409
    assert "Something newer came in" in refused.text
    assert "Something quite different" in refused.text
    assert desk.state(item) is State.PENDING


def test_the_states_that_a_moderator_sets_lead_to_each_other(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.REJECTED)
    dashboard.press_on(item, "Spam", "/admin/?state=rejected")
    dashboard.press_on(item, "Not spam: approve", "/admin/?state=spam")
    dashboard.press_on(item, "Decide later", "/admin/?state=approved")
    dashboard.press_on(item, "Reject")
    assert [event.went_to for event in desk.events(item)] == [
        State.SPAM,
        State.APPROVED,
        State.PENDING,
        State.REJECTED,
    ]


@pytest.mark.parametrize("state", [State.GONE, State.RECEIVED])
def test_what_is_gone_or_being_checked_is_not_decided(desk: Desk, dashboard: Dashboard, state: State) -> None:
    item = desk.came(state=state)
    page = dashboard.page(f"/admin/?state={state}")
    assert page.select_one(f"#item-{item.uid}") is not None
    assert page.select_one(".item form.acts") is None
    seen = {} if desk.row(item).latest is None else {"seen": "1"}
    fields = {"csrf": dashboard.token(), "id": item.uid, "from": state.value, "decision": "approve", **seen}
    assert dashboard.send("/admin/decide", fields).status_code == 409
    assert desk.state(item) is state


def test_an_item_that_vanished_is_not_found(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    mine = dashboard.form(item)
    desk.vanishes(item)
    assert dashboard.press(mine, "Approve").status_code == 404


def test_a_form_that_means_nothing_is_refused(dashboard: Dashboard) -> None:
    token = dashboard.token()
    forms: list[dict[str, str]] = [
        {},
        {"id": "x"},
        {"id": "x", "from": "pending", "decision": "delete"},
        {"id": "x", "from": "nowhere", "decision": "approve"},
        {"id": "x", "from": "pending", "decision": "approve", "seen": "one"},
        {"id": "x", "from": "pending", "decision": "approve", "seen": "9" * 40},
    ]
    for fields in forms:
        assert dashboard.send("/admin/decide", {"csrf": token, **fields}).status_code == 400


def test_a_decision_leads_back_to_our_own_page_alone(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    fields = {"csrf": dashboard.token(), "id": item.uid, "from": "pending", "seen": "1", "decision": "reject"}
    answer = dashboard.send("/admin/decide", {**fields, "back": "https://evil.example/"})
    assert str(answer.headers["Location"]).startswith("/admin/?done=")


def test_nobody_is_told_what_another_moderator_did(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, owner: SignIn
) -> None:
    item = desk.came()
    where = str(dashboard.press_on(item, "Approve").headers["Location"])
    bob = open_dashboard(desk.moderator("Bob"))
    assert bob.page(where).select_one(".done") is None
