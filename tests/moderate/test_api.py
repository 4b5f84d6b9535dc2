"""The moderation API: the dashboard for scripts, by a site's token."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.values.state import Kind, Protocol, Relation, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import KnownItem

LIST = "/api/v1/reflections"
ALL = (("GET", LIST), ("GET", f"{LIST}/x"), ("PATCH", f"{LIST}/x"), ("POST", f"{LIST}/decide"))


class Script:
    """An owner's script, with the token of his site."""

    def __init__(self, client: FlaskClient, site: KnownSite) -> None:
        self.client = client
        self.headers = site.bearer

    def get(self, path: str = LIST, **query: Any) -> TestResponse:
        return self.client.get(path, query_string=query, headers=self.headers)

    def items(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(**query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["reflections"]
        return found

    def patch(self, item: KnownItem | str, **body: Any) -> TestResponse:
        uid = item if isinstance(item, str) else item.uid
        if "came" in body:
            body["from"] = body.pop("came")
        return self.client.patch(f"{LIST}/{uid}", json=body, headers=self.headers)

    def decide(self, state: str, *decisions: Any) -> TestResponse:
        body = {"state": state, "decisions": list(decisions)}
        return self.client.post(f"{LIST}/decide", json=body, headers=self.headers)


@pytest.fixture
def script(client: FlaskClient, site: KnownSite) -> Script:
    return Script(client, site)


def one(item: KnownItem, came: str = "pending", seen: int | None = 1) -> dict[str, Any]:
    """A decision's place in a list of many."""
    return {"id": item.uid, "from": came, "seen": seen}


def refused(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem that came back."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = answer.get_json()
    assert problem["status"] == status
    assert problem["detail"][-1] in ".…"
    return problem


def test_an_item_comes_with_everything_that_the_dashboard_shows(desk: Desk, script: Script) -> None:
    item = desk.came(
        text="I *agree*.",
        relation=Relation.REPLY,
        author_url="https://ada.example/",
        protocols=(Protocol.WEBMENTION, Protocol.PINGBACK),
    )
    (found,) = script.items()
    assert found["id"] == item.uid
    assert (found["kind"], found["type"], found["state"], found["waits"]) == ("webmention", "reply", "pending", True)
    assert (found["source"], found["target"]) == ("https://ada.example/2026/reading", "https://blog.example/post")
    assert found["post"]["title"] == "Reading slowly"
    assert found["site"]["url"] == "https://blog.example/"
    assert found["author"] == {"name": "Ada Marsh", "url": "https://ada.example/", "photo": None}
    assert (found["title"], found["content"]["text"]) == ("On reading slowly", "I *agree*.")
    assert found["content"]["html"] == "<p>I <em>agree</em>.</p>"
    assert found["protocols"] == ["webmention", "pingback"]
    assert (found["latest"], found["shown"], found["decided"]) == (1, None, None)
    assert datetime.fromisoformat(found["received"]).tzinfo is not None
    assert found["revisions"][0]["evidence"]["links"][0]["text"] == "slow reading"
    assert found["history"] == []


def test_the_history_says_who_did_what(desk: Desk, dashboard: Dashboard, script: Script) -> None:
    item = desk.came()
    dashboard.press_on(item, "Reject")
    assert script.patch(item, state="approved", came="rejected", seen=1, reason="They asked nicely.").status_code == 200
    (found,) = script.items()
    newest, oldest = found["history"]
    assert (oldest["by"], oldest["from"], oldest["to"], oldest["seen"]) == ("Olga", "pending", "rejected", 1)
    assert (newest["by"], newest["to"], newest["reason"]) == ("token", "approved", "They asked nicely.")


def test_the_api_gives_each_attempt_with_the_history(desk: Desk, script: Script) -> None:
    item = desk.came(state=State.RECEIVED, reason="timeout", columns={"due_at": datetime(2026, 11, 24, 12, tzinfo=UTC)})
    visit = {"status": None, "final": "https://ada.example/2026/reading", "seconds": 10.0}
    desk.visited(item, "timeout", {"visit": visit})
    (found,) = script.items(state="received")
    (event,) = found["history"]
    assert (event["status"], event["final"], event["seconds"], event["asked"]) == (None, visit["final"], 10.0, True)
    assert event["sentence"] == "The source did not answer in time."
    assert found["due"] == "2026-11-24T12:00:00Z"


def test_a_failed_item_says_why(desk: Desk, script: Script) -> None:
    desk.came(state=State.FAILED, reason="http_status", reason_details={"status": 403})
    (found,) = script.items(state="failed")
    assert (found["reason"], found["sentence"]) == ("http_status", "The source answered with status 403.")


def test_the_list_is_narrowed_by_state_waiting_words_and_site(desk: Desk, script: Script, site: KnownSite) -> None:
    pending = desk.came(source="https://one.example/a")
    approved = desk.came(source="https://two.example/b", state=State.APPROVED)
    changed = desk.came(source="https://three.example/c", state=State.APPROVED)
    desk.changes(changed, "A zeppelin 100% full_of gas")

    def uids(**query: Any) -> set[str]:
        return {found["id"] for found in script.items(**query)}

    assert uids() == {pending.uid, approved.uid, changed.uid}
    assert uids(state="pending") == {pending.uid}
    assert uids(waiting="true") == {pending.uid, changed.uid}
    assert uids(state="approved", waiting="true") == {changed.uid}
    assert uids(q="zeppelin") == {changed.uid}
    assert uids(q="two.example") == {approved.uid}
    assert uids(q="100% full_of") == {changed.uid}
    assert uids(site=site.id) == {pending.uid, approved.uid, changed.uid}
    assert uids(site=site.id + 1) == set()


def test_a_search_is_literal(desk: Desk, script: Script) -> None:
    desk.came()
    for words in ("%", "_", "'", '" OR 1', "\\", "x" * 10_000, "NEAR(", "\ufffd"):
        assert script.items(q=words) == [], words
    assert len(script.items(q="\x00")) == 1


def test_pages_follow_each_other_without_gaps(desk: Desk, script: Script) -> None:
    made = [item.uid for item in desk.many_came(103)]
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = script.get(**({"after": after} if after else {})).get_json()
        found += [item["id"] for item in answer["reflections"]]
        after = answer["next"]
    assert found == list(reversed(made))


def test_a_query_that_means_nothing_is_refused(script: Script) -> None:
    queries: list[dict[str, Any]] = [
        {"state": "nice"},
        {"waiting": "perhaps"},
        {"after": "x"},
        {"after": "-1"},
        {"after": "9" * 30},
        {"after": "٣"},
        {"site": "1 OR 1"},
        {"state": ["pending", "spam"]},
    ]
    for query in queries:
        refused(script.get(**query), 400)


def test_approving_shows_what_was_seen(desk: Desk, script: Script) -> None:
    item = desk.came()
    answer = script.patch(item, state="approved", came="pending", seen=1)
    assert answer.status_code == 200
    assert (answer.get_json()["state"], answer.get_json()["shown"]) == ("approved", 1)


def test_an_older_revision_can_be_shown_which_settles_the_newer(desk: Desk, script: Script) -> None:
    item = desk.came(state=State.APPROVED)
    desk.changes(item, "Buy my pills")
    answer = script.patch(item, state="approved", came="approved", seen=2, show=1).get_json()
    assert (answer["shown"], answer["decided"], answer["waits"]) == (1, 2, False)


def test_what_has_moved_on_is_409_with_who_and_when(desk: Desk, dashboard: Dashboard, script: Script) -> None:
    item = desk.came()
    dashboard.press_on(item, "Spam")
    problem = refused(script.patch(item, state="approved", came="pending", seen=1), 409)
    assert (problem["by"], problem["now"]) == ("Olga", "spam")
    assert datetime.fromisoformat(problem["at"]).tzinfo is not None
    assert "Olga marked it as spam" in problem["detail"]
    assert desk.state(item) is State.SPAM


def test_what_has_a_newer_revision_is_409(desk: Desk, script: Script) -> None:
    item = desk.came()
    desk.changes(item, "Different")
    problem = refused(script.patch(item, state="approved", came="pending", seen=1), 409)
    assert (problem["by"], problem["now"]) == ("source", "pending")
    assert desk.state(item) is State.PENDING


def test_a_step_that_nobody_may_take_is_409(desk: Desk, script: Script) -> None:
    steps = (
        ("gone", "approved"),
        ("gone", "pending"),
        ("failed", "spam"),
        ("pending", "failed"),
        ("pending", "gone"),
        ("pending", "erased"),
        ("received", "approved"),
        ("approved", "failed"),
    )
    for number, (came, to) in enumerate(steps):
        item = desk.came(state=State(came), source=f"https://ada.example/{number}")
        seen = desk.row(item).latest
        refused(script.patch(item, state=to, came=came, seen=seen), 409)
        assert desk.state(item) is State(came)


def test_a_revision_that_there_is_not_cannot_be_shown(desk: Desk, script: Script) -> None:
    item = desk.came()
    refused(script.patch(item, state="approved", came="pending", seen=1, show=7), 422)
    assert desk.state(item) is State.PENDING


def test_an_approval_by_hand_goes_back_to_failed(desk: Desk, script: Script) -> None:
    item = desk.came(state=State.FAILED, reason="no_link")
    assert script.patch(item, state="approved", came="failed").status_code == 200
    assert script.patch(item, state="failed", came="approved", seen=1).status_code == 200
    row = desk.row(item)
    assert (row.state, row.latest, row.shown) == (State.FAILED, None, None)


def test_a_failed_item_is_tried_again(desk: Desk, script: Script) -> None:
    item = desk.came(state=State.FAILED, reason="timeout")
    assert script.patch(item, state="received", came="failed", seen=None).get_json()["state"] == "received"
    assert desk.row(item).due_at is not None


BAD: dict[str, Any] = {
    "nothing": {},
    "a list": [],
    "a word": "approved",
    "no state": {"from": "pending", "seen": 1},
    "no from": {"state": "approved", "seen": 1},
    "no seen": {"state": "approved", "from": "pending"},
    "a state of nobody's": {"state": "nice", "from": "pending", "seen": 1},
    "a state that is none": {"state": ["approved"], "from": "pending", "seen": 1},
    "seen as a word": {"state": "approved", "from": "pending", "seen": "1"},
    "seen as true": {"state": "approved", "from": "pending", "seen": True},
    "seen beyond all": {"state": "approved", "from": "pending", "seen": 2**40},
    "a reason that is none": {"state": "approved", "from": "pending", "seen": 1, "reason": {}},
}


def test_a_body_that_means_nothing_is_refused(desk: Desk, script: Script) -> None:
    item = desk.came()
    for body in BAD.values():
        refused(script.client.patch(f"{LIST}/{item.uid}", json=body, headers=script.headers), 400)
    assert desk.state(item) is State.PENDING


def test_a_body_that_is_no_json_is_refused(script: Script) -> None:
    headers = {**script.headers, "Content-Type": "application/json"}
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seen": ' + b"9" * 5000 + b"}", b"NaN"):
        refused(script.client.patch(f"{LIST}/x", data=raw, headers=headers), 400)


def test_a_form_is_refused(script: Script) -> None:
    refused(script.client.patch(f"{LIST}/x", data={"state": "approved"}, headers=script.headers), 415)


def test_an_id_of_nobody_is_not_found(script: Script) -> None:
    for uid in ("x", "x" * 500, "a%00b", "é", "%25"):
        refused(script.patch(uid, state="approved", came="pending", seen=1), 404)


def test_words_that_no_database_takes_are_cleaned(desk: Desk, script: Script) -> None:
    item = desk.came()
    raw = b'{"state": "rejected", "from": "pending", "seen": 1, "reason": "a\\u0000b\\ud800c"}'
    headers = {**script.headers, "Content-Type": "application/json"}
    answer = script.client.patch(f"{LIST}/{item.uid}", data=raw, headers=headers)
    assert answer.get_json()["history"][0]["reason"] == "abc"


def test_many_are_decided_at_once_and_each_has_its_answer(desk: Desk, dashboard: Dashboard, script: Script) -> None:
    items = desk.many_came(500)
    desk.vanishes(items[123])
    dashboard.press_on(items[499], "Spam")
    answer = script.decide("approved", *[one(item) for item in items])
    results = answer.get_json()["results"]
    assert [result["id"] for result in results] == [item.uid for item in items]
    for number in (123, 499):
        assert "error" in results[number]
        assert "state" not in results[number]
    assert results[499]["by"] == "Olga"
    assert all(result == {"id": result["id"], "state": "approved"} for result in results if "error" not in result)
    assert sum("error" in result for result in results) == 2
    assert desk.state(items[0]) is State.APPROVED


def test_one_that_is_named_twice_is_decided_once(desk: Desk, script: Script) -> None:
    item = desk.came()
    first, second = script.decide("spam", one(item), one(item)).get_json()["results"]
    assert first == {"id": item.uid, "state": "spam"}
    assert second["by"] == "token"


def test_more_than_five_hundred_are_refused(script: Script) -> None:
    refused(script.decide("spam", *[{"id": "x", "from": "pending", "seen": 1}] * 501), 400)


def test_a_list_that_means_nothing_is_refused(script: Script) -> None:
    for decisions in (None, {}, "all", [1], [{}], [{"id": 1, "from": "pending", "seen": 1}]):
        body = {"state": "spam", "decisions": decisions}
        refused(script.client.post(f"{LIST}/decide", json=body, headers=script.headers), 400)


def test_a_stranger_is_told_how_to_show_himself(client: FlaskClient, site: KnownSite) -> None:
    wrong = site.token[:-1] + ("a" if site.token[-1] != "a" else "b")
    given = ("", "Bearer", "Bearer ", f"Bearer {wrong}", f"Bearer {site.read_token}", f"Basic {site.token}", site.token)
    for (method, path), authorization in itertools.product(ALL, (*given, "Bearer é")):
        answer = client.open(path, method=method, headers={"Authorization": authorization}, json={})
        refused(answer, 401)
        assert str(answer.headers["WWW-Authenticate"]).startswith("Bearer ")
        assert site.token not in answer.text


def test_a_token_in_the_address_is_worth_nothing(client: FlaskClient, site: KnownSite) -> None:
    refused(client.get(LIST, query_string={"token": site.token, "access_token": site.token}), 401)


def test_a_token_reaches_its_own_site_alone(desk: Desk, client: FlaskClient, make_site: MakeSite) -> None:
    item = desk.came()
    stranger = Script(client, make_site("https://other.example/"))
    assert stranger.items() == []
    assert stranger.items(site=desk.site.id) == []
    refused(stranger.get(f"{LIST}/{item.uid}"), 404)
    refused(stranger.patch(item, state="approved", came="pending", seen=1), 404)
    (result,) = stranger.decide("approved", one(item)).get_json()["results"]
    assert result == {"id": item.uid, "error": "There is no such item here."}
    assert desk.state(item) is State.PENDING


def test_a_moderators_cookie_opens_nothing_here(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came()
    refused(dashboard.client.get(LIST), 401)
    answer = dashboard.client.patch(
        f"{LIST}/{item.uid}",
        json={"state": "approved", "from": "pending", "seen": 1},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    refused(answer, 401)


def test_no_page_elsewhere_may_ask_and_nothing_is_kept(script: Script) -> None:
    headers = {**script.headers, "Origin": "https://evil.example"}
    for method, path in (*ALL, *(("OPTIONS", path) for _method, path in ALL)):
        answer = script.client.open(path, method=method, headers=headers, json={})
        assert not [name for name, _value in answer.headers if name.lower().startswith("access-control-")]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in str(answer.headers["Content-Security-Policy"])
        assert "Set-Cookie" not in answer.headers


def test_a_method_that_means_nothing_is_named(script: Script) -> None:
    answer = script.client.delete(LIST, headers=script.headers)
    refused(answer, 405)
    assert answer.headers["Allow"] == "GET"


def test_a_comment_has_no_source(desk: Desk, script: Script) -> None:
    desk.came(kind=Kind.COMMENT, text="Well said.")
    (found,) = script.items()
    assert (found["kind"], found["type"], found["source"]) == ("comment", "comment", None)
    assert found["target"] == "https://blog.example/post"


def test_both_ways_to_decide_see_each_other(desk: Desk, open_dashboard: OpenDashboard, script: Script) -> None:
    item = desk.came()
    dashboard = open_dashboard(desk.moderator("Bob"))
    form = dashboard.form(item)
    script.patch(item, state="rejected", came="pending", seen=1)
    answer = dashboard.press(form, "Approve")
    assert answer.status_code == 409
    assert "A script with the site’s token rejected it" in answer.text
