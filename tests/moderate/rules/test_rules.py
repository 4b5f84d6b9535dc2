"""The pages about rules: their list, a new one with what it would have decided, who may, and that nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from bs4 import Tag
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.model import Rule
from service.model.engine import writing
from service.values.state import Kind, Relation, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import MakeSite

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.text.split())


def tried(about: str, value: str = "", verdict: str = "spam", **further: object) -> str:
    """The address at which a rule is tried."""
    return "/admin/rules/new?" + urlencode({"about": about, "value": value, "verdict": verdict, **further})


def saved(dashboard: Dashboard, *asked: str, **further: object) -> int:
    """A rule that somebody tried and saved; its number."""
    form = dashboard.page(tried(*asked, **further)).select_one(".preview form")
    assert form is not None
    answer = dashboard.press(form, "Save this rule")
    assert answer.status_code == 303, answer.text
    return int(str(answer.headers["Location"]).split("made=")[1].split("#")[0])


def rules(desk: Desk) -> list[Rule]:
    with Session(desk.engine, expire_on_commit=False) as session:
        return list(session.scalars(select(Rule).order_by(Rule.id)))


def seen(dashboard: Dashboard, *asked: str, **further: object) -> str:
    """What a rule would have decided, in words."""
    return words(dashboard.page(tried(*asked, **further)).select_one(".preview"))


def test_a_rule_is_tried_saved_changed_and_removed_and_all_of_that_is_kept(desk: Desk, dashboard: Dashboard) -> None:
    first = saved(dashboard, "words", "cheap  watches", "wait")
    listed = words(dashboard.page("/admin/rules").select_one(f"#rule-{first}"))
    assert "Have it wait word or phrase “cheap watches” no hit yet · by Olga" in listed
    assert saved(dashboard, "words", "cheap watches", "spam", replaces=first) == first + 1
    form = dashboard.page("/admin/rules").select_one(f"#rule-{first + 1} form")
    assert dashboard.send(str(form["action"]), {"csrf": dashboard.token()}).status_code == 303  # type: ignore[index]
    page = dashboard.page("/admin/rules")
    assert page.select_one(".rule") is None
    past = [words(one) for one in page.select(".past li")]
    assert "changed by Olga" in past[0] and "removed by Olga" in past[0]
    assert [(one.verdict, one.created_by, one.removed_by, one.replaces) for one in rules(desk)] == [
        ("wait", "Olga", "Olga", None),
        ("spam", "Olga", "Olga", first),
    ]
    assert all(one.removed is not None for one in rules(desk))
    assert "Ended" in dashboard.read(f"/admin/rules/{first}").text


@on_sqlite
def test_two_moderators_do_not_change_the_same_rule(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard
) -> None:
    number = saved(dashboard, "host", "spam.example")
    bob = open_dashboard(desk.moderator("Bob"))
    form = bob.page(tried("host", "spam.example", "wait", replaces=number)).select_one(".preview form")
    remove = {"csrf": dashboard.token()}
    assert dashboard.send(f"/admin/rules/{number}/remove", remove).status_code == 303
    late = bob.press(form, "Save this rule")  # type: ignore[arg-type]
    assert late.status_code == 409
    assert "Olga took this rule away" in late.text
    again = dashboard.send(f"/admin/rules/{number}/remove", remove)
    assert again.status_code == 409 and "Olga took this rule away" in again.text
    assert [one.removed_by for one in rules(desk)] == ["Olga"]


def test_one_thing_has_one_rule(desk: Desk, dashboard: Dashboard) -> None:
    saved(dashboard, "host", "spam.example")
    form = dashboard.page(tried("host", "Spam.Example", "approve")).select_one(".preview form")
    answer = dashboard.press(form, "Save this rule")  # type: ignore[arg-type]
    assert (answer.status_code, len(rules(desk))) == (409, 1)
    assert "There is a rule for this already." in answer.text


@on_sqlite
def test_a_rule_that_may_not_be_is_refused_with_its_reason(desk: Desk, dashboard: Dashboard) -> None:
    for about, value, verdict, said in (
        ("words", "ca*ino", "spam", "A “*” may stand at the very end alone."),
        ("words", "x" * 10_000, "spam", "too long"),
        ("words", "good", "approve", "anybody may type it"),
        ("author", "x.example/@y", "refuse", "Only a host can be refused altogether."),
        ("host", "blog.uni.example", "spam", "For blog.uni.example alone, make a rule for the address."),
        ("moon", "x", "spam", "Choose what the rule is about."),
        ("links", "'; DROP TABLE rule", "spam", "Write a number"),
    ):
        page = dashboard.page(tried(about, value, verdict))
        assert said in words(page.select_one("#wrong")), about
        assert page.select_one(".preview") is None
        fields = {
            "csrf": dashboard.token(),
            "site": str(desk.site.id),
            "about": about,
            "value": value,
            "verdict": verdict,
        }
        assert dashboard.send("/admin/rules", fields).status_code == 409
    assert rules(desk) == []
    shown = dashboard.page(tried("words", "(a+)+$ <script>"))
    assert "word or phrase “(a+)+$ <script>”" in words(shown.select_one(".preview"))
    assert shown.select_one("main script") is None


@on_sqlite
def test_what_means_nothing_is_refused(desk: Desk, dashboard: Dashboard) -> None:
    token = dashboard.token()
    for fields in ({}, {"site": "x"}, {"site": "9" * 30}, {"site": str(desk.site.id), "replaces": "x"}):
        assert dashboard.send("/admin/rules", {"csrf": token} | fields).status_code == 400
    for path in ("/admin/rules?site=x", "/admin/rules?site=99", "/admin/rules/99", f"/admin/rules/{'9' * 30}"):
        assert dashboard.read(path).status_code == 404, path
    assert dashboard.read("/admin/rules/new?from=nothing&replaces=x").status_code == 200
    assert dashboard.send("/admin/rules/99/back", {"csrf": token}).status_code == 404


def test_a_preview_counts_what_people_decided_and_names_where_they_thought_otherwise(
    desk: Desk, dashboard: Dashboard
) -> None:
    for number, state in enumerate((State.SPAM, State.SPAM, State.REJECTED, State.APPROVED, State.PENDING)):
        desk.came(source=f"https://deals.example/{number}", title=f"Cheap {number}", text="casino bonus", state=state)
    desk.came(source="https://friend.example/", text="A long letter")
    desk.came(source="https://deals.example/old", text="casino", age=timedelta(days=31))
    desk.came(source="https://deals.example/failed", text="casino", state=State.FAILED)
    said = seen(dashboard, "words", "CASINO")
    assert "Of 6 items, 5 would be spam." in said
    for part in ("Approved 1", "Rejected 1", "Spam 2", "Waiting 1", "Of those, 1 was approved here: Approved Cheap 3"):
        assert part in said
    assert "Nobody decided otherwise" in seen(dashboard, "host", "friend.example", "approve")
    assert "Of those, 3 were rejected here or marked as spam" in seen(dashboard, "host", "deals.example", "approve")
    assert "Of 6 items, 5 would have been refused." in seen(dashboard, "host", "deals.example", "refuse")
    assert "this rule would have decided none" in seen(dashboard, "host", "elsewhere.example")


@on_sqlite
def test_a_preview_stands_beside_the_other_rules(desk: Desk, dashboard: Dashboard, make_site: MakeSite) -> None:
    desk.came(source="https://deals.example/1", text="casino")
    elsewhere = Desk(desk.engine, make_site("https://other.example/"))
    elsewhere.came(source="https://deals.example/2", text="casino")
    site = desk.site.id
    assert "Of 1 item, 1 would wait." in seen(dashboard, "words", "casino", "wait", site=site)
    number = saved(dashboard, "host", "deals.example", "spam", site=site)
    assert "would have decided none" in seen(dashboard, "words", "casino", "wait", site=site)
    assert "Of 1 item, 1 would be approved." in seen(dashboard, "host", "deals.example", "approve", replaces=number)


@on_sqlite
def test_each_kind_of_rule_is_tried_on_what_is_kept(desk: Desk, dashboard: Dashboard) -> None:
    desk.came(source="https://blog.example/other-post", title="Own")
    desk.came(source="https://social.example/@ann/1", author_url="https://social.example/@ann", title="Ann")
    desk.came(source="https://hides.example/", hidden=True, relation=Relation.REPLY, kind=Kind.PINGBACK, title="Hides")
    desk.came(source="comment:1", kind=Kind.COMMENT, name="Bob", text="See [this](https://x.example) and more")
    for about, value, verdict, expected in (
        ("self", "", "approve", "Own"),
        ("author", "https://social.example/@ann", "approve", "Ann"),
        ("address", "social.example", "wait", "Ann"),
        ("hidden", "", "spam", "Hides"),
        ("type:reply", "", "spam", "Hides"),
        ("kind:pingback", "", "spam", "Hides"),
        ("type:comment", "", "wait", "Bob"),
        ("links", "1", "wait", "Bob"),
    ):
        page = dashboard.page(tried(about, value, verdict))
        assert [words(one) for one in page.select(".met a")] == [expected], about
    assert "Of 4 items, 3 would wait." in seen(dashboard, "language", "en", "wait")
    assert "Of 4 items, 3 would wait." in seen(dashboard, "foreign", "fr", "wait")


def test_the_default_asks_the_first_time_alone(desk: Desk, dashboard: Dashboard) -> None:
    desk.came(source="https://ann.example/1", title="Her first", state=State.APPROVED)
    desk.came(source="https://ann.example/2", title="Her second")
    desk.came(source="https://new.example/1", title="A stranger’s")
    desk.came(source="https://both.example/1", title="Good", state=State.APPROVED)
    desk.came(source="https://both.example/2", title="Bad", state=State.SPAM)
    link = dashboard.page("/admin/rules").select(".choice .button")[0]
    page = dashboard.page(str(link["href"]))
    assert [words(one) for one in page.select(".met a")] == ["Her second"]
    dashboard.press(page.select_one(".preview form"), "Save this rule")  # type: ignore[arg-type]
    chosen = dashboard.page("/admin/rules").select_one(".chosen")
    assert "Ask the first time holds now" in words(chosen)
    every = dashboard.page("/admin/rules").select(".choice .button")[0]
    page = dashboard.page(str(every["href"]))
    assert "Of 5 items, 5 would be approved." in words(page.select_one(".sum"))
    dashboard.press(page.select_one(".preview form"), "Save this rule")  # type: ignore[arg-type]
    assert [(one.value, one.removed is None) for one in rules(desk)] == [("known", False), ("all", True)]
    back = next(form for form in dashboard.page("/admin/rules").select(".choice form"))
    assert dashboard.press(back, "Choose this: Always ask").status_code == 303
    assert all(one.removed for one in rules(desk))


@on_sqlite
def test_a_rule_from_an_item_is_filled_in(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(source="https://social.example/@ann/1", author_url="https://social.example/@ann", title="A note")
    page = dashboard.page(f"/admin/rules/new?from={item.uid}")
    assert page.select_one("input[name=value]")["value"] == "social.example"  # type: ignore[index]
    assert [words(one) for one in page.select(".suggestions a")] == [
        "Host: social.example",
        "Author: social.example/@ann",
        "Address, and all beneath it: social.example/@ann/1",
        "Word or phrase: A note",
    ]
    by_author = dashboard.page(str(page.select(".suggestions a")[1]["href"]))
    assert by_author.select_one("option[selected]")["value"] == "author"  # type: ignore[index]
    assert f"/admin/rules/new?from={item.uid}" in dashboard.read(f"/admin/items/{item.uid}").text


@on_sqlite
def test_a_moderator_changes_the_rules_of_his_own_sites_alone(
    desk: Desk, dashboard: Dashboard, open_dashboard: OpenDashboard, make_site: MakeSite
) -> None:
    other = make_site("https://other.example/")
    theirs = Desk(desk.engine, other)
    item = theirs.came(source="https://secret.example/x", title="Not for Bob")
    number = saved(dashboard, "host", "secret.example", "spam", site=other.id)
    bob = open_dashboard(desk.moderator("Bob"))
    token = {"csrf": bob.token()}
    for path in (f"/admin/rules?site={other.id}", f"/admin/rules/{number}", tried("host", "x.example", site=other.id)):
        assert bob.read(path).status_code == 404, path
    assert bob.read(tried("host", "x.example", replaces=number)).status_code == 404
    for path in (f"/admin/rules/{number}/remove", f"/admin/rules/{number}/back"):
        assert bob.send(path, token).status_code == 404, path
    new = token | {"site": str(other.id), "about": "host", "value": "x.example", "verdict": "spam"}
    assert bob.send("/admin/rules", new).status_code == 404
    assert bob.send("/admin/rules", new | {"site": str(desk.site.id), "replaces": str(number)}).status_code == 404
    assert "secret" not in bob.read("/admin/rules").text + bob.read(f"/admin/rules/new?from={item.uid}").text
    assert len(rules(desk)) == 1
    assert saved(bob, "host", "x.example") == number + 1


@on_sqlite
def test_there_is_an_end_to_rules(desk: Desk, dashboard: Dashboard) -> None:
    now = datetime.now(UTC)
    with writing(desk.engine) as session:
        for number in range(500):
            session.add(Rule(site_id=desk.site.id, kind="words", value=f"w{number}", verdict="spam", created=now))
    form = dashboard.page(tried("host", "x.example")).select_one(".preview form")
    answer = dashboard.press(form, "Save this rule")  # type: ignore[arg-type]
    assert (answer.status_code, len(rules(desk))) == (409, 500)
    assert "There are 500 rules already" in answer.text
