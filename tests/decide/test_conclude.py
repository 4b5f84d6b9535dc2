"""What a visit means for what we knew, one line a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.decide.conclude import RETRIES, Known, Outcome, Written, conclude
from service.decide.schedule import next_look
from service.values.address import parse
from service.values.entry import Author, Entry
from service.values.evidence import Evidence
from service.values.page import Failure, Hop, Unchanged
from service.values.reading import Reading
from service.values.reason import REASONS, Reason
from service.values.state import State

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SOURCE = parse("https://other.example/answer")
EVIDENCE = Evidence(asked=SOURCE.page, final=SOURCE.page)
READ = Reading(EVIDENCE, Entry(title="An answer", author=Author("Ada")))
REWRITTEN = Reading(EVIDENCE, Entry(title="Cheap pills", author=Author("Ada")))
FOUND_BEFORE = [State.PENDING, State.APPROVED, State.REJECTED, State.SPAM]


def known(
    state: State, attempts: int = 0, age: timedelta = timedelta(days=3), missing: timedelta | None = None
) -> Known:
    since = NOW - missing if missing is not None else None
    return Known(state, NOW - age, attempts, READ.fingerprint, since, approved=NOW - age)


def after(before: Known, found: Reading | Unchanged | Written | str, advice: State | None = None) -> Outcome:
    what = Failure(Reason(found), SOURCE) if isinstance(found, str) else found
    return conclude(before, what, advice, NOW, chance=0.5)


def new(attempts: int = 0, age: timedelta = timedelta()) -> Known:
    return Known(State.RECEIVED, NOW - age, attempts)


def looked_at_next(state: State) -> datetime | None:
    """When an item is looked at by itself after a visit, where it is up: it was approved three days ago."""
    return next_look(NOW - timedelta(days=3), NOW, 0.5) if state is State.APPROVED else None


def test_a_new_item_with_its_link_waits_for_a_person() -> None:
    assert after(new(), READ) == Outcome(State.PENDING, revise=True)


@pytest.mark.parametrize("advice", [State.APPROVED, State.SPAM])
def test_a_rule_may_decide_a_new_item(advice: State) -> None:
    again = next_look(NOW, NOW, 0.5) if advice is State.APPROVED else None
    assert after(new(), READ, advice) == Outcome(advice, revise=True, again=again)


@pytest.mark.parametrize("state", FOUND_BEFORE)
def test_a_source_that_is_as_it_was_changes_nothing(state: State) -> None:
    assert after(known(state), READ, State.APPROVED) == Outcome(state, again=looked_at_next(state))
    assert after(known(state), Unchanged(SOURCE, SOURCE)) == Outcome(state, again=looked_at_next(state))


@pytest.mark.parametrize("state", FOUND_BEFORE)
def test_new_words_are_a_revision_and_move_no_decision(state: State) -> None:
    assert after(known(state), REWRITTEN) == Outcome(state, revise=True, again=looked_at_next(state))


@pytest.mark.parametrize("state", FOUND_BEFORE)
@pytest.mark.parametrize("advice", [State.APPROVED, State.SPAM])
@pytest.mark.parametrize("follows", [True, False])
def test_a_rule_may_let_new_words_of_what_is_up_through_unless_a_person_chose_other_ones(
    state: State, advice: State, follows: bool
) -> None:
    outcome = after(replace(known(state), follows=follows), REWRITTEN, advice)
    assert (outcome.to, outcome.revise) == (state, True)
    assert outcome.shows == (state is State.APPROVED and advice is State.APPROVED and follows)


def test_a_rule_shows_nothing_where_nothing_is_new() -> None:
    assert not after(replace(known(State.APPROVED), follows=True), READ, State.APPROVED).shows


def test_what_a_person_approved_without_a_link_has_none_to_drop() -> None:
    by_hand = replace(known(State.APPROVED), fingerprint=None)
    assert after(by_hand, "no_link").to is State.APPROVED
    assert after(by_hand, "gone").to is State.GONE


@pytest.mark.parametrize("found", [READ, REWRITTEN, Unchanged(SOURCE, SOURCE), "timeout", "certificate", "not_found"])
def test_what_is_up_is_looked_at_again_whatever_a_look_brings(found: Reading | Unchanged | str) -> None:
    assert after(known(State.APPROVED), found).again == looked_at_next(State.APPROVED)


@pytest.mark.parametrize("state", [State.PENDING, State.REJECTED, State.SPAM, State.GONE])
@pytest.mark.parametrize("found", [READ, Unchanged(SOURCE, SOURCE), "certificate", "gone"])
def test_nothing_else_is_looked_at_by_itself(state: State, found: Reading | Unchanged | str) -> None:
    outcome = after(known(state), found)
    assert (outcome.due, outcome.again) == (None, None)


def test_what_went_away_is_looked_at_no_more() -> None:
    outcome = after(known(State.APPROVED), "gone")
    assert (outcome.to, outcome.due, outcome.again) == (State.GONE, None, None)


@pytest.mark.parametrize("state", FOUND_BEFORE)
@pytest.mark.parametrize("reason", ["gone", "no_link"])
def test_a_source_that_says_so_takes_its_item_down(state: State, reason: str) -> None:
    assert after(known(state), reason).to is State.GONE


@pytest.mark.parametrize("state", FOUND_BEFORE)
@pytest.mark.parametrize("reason", sorted(code for code, meaning in REASONS.items() if not meaning.removes))
def test_nothing_else_takes_an_item_down(state: State, reason: str) -> None:
    for attempts in range(6):
        assert after(known(state, attempts), reason).to is state


def test_a_source_that_is_missing_is_asked_again_a_day_later() -> None:
    outcome = after(known(State.APPROVED), "not_found")
    assert (outcome.to, outcome.due, outcome.missing_since) == (State.APPROVED, NOW + timedelta(days=1), NOW)


def test_a_source_that_is_still_missing_after_a_day_is_gone() -> None:
    assert after(known(State.APPROVED, missing=timedelta(hours=24)), "not_found").to is State.GONE


def test_a_stranger_who_sends_a_missing_source_twice_in_an_hour_takes_nothing_down() -> None:
    outcome = after(known(State.APPROVED, missing=timedelta(hours=1)), "not_found")
    assert (outcome.to, outcome.due) == (State.APPROVED, NOW + timedelta(hours=23))


def test_a_source_that_is_back_is_no_longer_missing() -> None:
    assert after(known(State.APPROVED, missing=timedelta(hours=1)), READ).missing_since is None


def test_what_was_gone_and_links_again_goes_to_a_person_whatever_the_rules_say() -> None:
    assert after(known(State.GONE), READ, State.APPROVED).to is State.PENDING


@pytest.mark.parametrize("reason", ["gone", "no_link", "not_found", "certificate"])
def test_what_was_gone_stays_gone_without_its_link(reason: str) -> None:
    assert after(known(State.GONE), reason).to is State.GONE


@pytest.mark.parametrize("reason", ["timeout", "unreachable", "unknown_host", "server_error", "rate_limited"])
def test_what_may_pass_is_tried_five_times_further_and_further_apart(reason: str) -> None:
    spans = []
    for attempts in range(4):
        outcome = after(new(attempts, timedelta(hours=8)), reason)
        assert (outcome.to, outcome.attempts) == (State.RECEIVED, attempts + 1)
        assert outcome.due is not None
        spans.append(outcome.due - NOW)
    assert spans == list(RETRIES)
    assert after(new(4), reason).to is State.FAILED


def test_a_server_that_asks_for_patience_gets_an_hour_at_the_most() -> None:
    patient = Failure(Reason("rate_limited"), SOURCE, retry_after=1800.0)
    endless = Failure(Reason("rate_limited"), SOURCE, retry_after=1e9)
    assert conclude(new(), patient, None, NOW, 0.5).due == NOW + timedelta(minutes=30)
    assert conclude(new(), endless, None, NOW, 0.5).due == NOW + timedelta(hours=1)


def test_no_link_yet_is_tried_again_once_in_the_first_minutes() -> None:
    assert after(new(), "no_link").to is State.RECEIVED
    assert after(new(attempts=1), "no_link").to is State.FAILED
    assert after(new(age=timedelta(hours=1)), "no_link").to is State.FAILED


def test_attempts_are_spread() -> None:
    dues = {conclude(new(), Failure(Reason("timeout"), SOURCE), None, NOW, chance / 10).due for chance in range(11)}
    assert len(dues) == 11


def test_a_comment_waits_for_a_person_or_goes_where_a_rule_puts_it() -> None:
    assert after(new(), Written()) == Outcome(State.PENDING)
    assert after(new(), Written(), State.SPAM) == Outcome(State.SPAM)


@pytest.mark.parametrize("state", FOUND_BEFORE)
def test_a_comment_that_was_decided_and_is_edited_stays_where_it_is(state: State) -> None:
    assert after(known(state), Written(), State.APPROVED) == Outcome(state)


@pytest.mark.parametrize("reason", ["no_link", "gone", "not_found", "timeout"])
@pytest.mark.parametrize("state", [State.RECEIVED, State.APPROVED])
def test_what_was_sent_again_meanwhile_is_not_judged_by_what_we_saw_before(state: State, reason: str) -> None:
    before = replace(known(state, attempts=4), sent_again=NOW)
    assert after(before, reason) == Outcome(state, reason=Reason(reason), due=NOW, again=looked_at_next(state))


def test_what_was_sent_again_meanwhile_and_found_is_looked_at_once_more() -> None:
    before = replace(new(), sent_again=NOW)
    assert after(before, READ) == Outcome(State.PENDING, revise=True, due=NOW)


def test_an_item_received_anew_is_not_judged_by_unchanged() -> None:
    assert after(new(), Unchanged(SOURCE, SOURCE)) == Outcome(State.RECEIVED, due=NOW)


def test_another_trouble_in_between_does_not_forget_that_a_source_is_missing() -> None:
    outcome = after(known(State.APPROVED, missing=timedelta(hours=1)), "http_status")
    assert (outcome.due, outcome.missing_since) == (NOW + timedelta(hours=23), NOW - timedelta(hours=1))


def moved(to: str, status: int = 301) -> Reading:
    evidence = Evidence(asked=SOURCE.page, final=to, hops=(Hop(SOURCE.page, status, to),))
    return Reading(evidence, READ.entry)


@pytest.mark.parametrize(
    "to", ["https://other.example/new", "http://other.example/answer", "https://www.other.example/"]
)
def test_a_new_address_on_the_same_domain_is_no_news(to: str) -> None:
    assert not after(known(State.APPROVED), moved(to)).revise


def test_a_move_to_another_domain_is_a_revision_to_look_at() -> None:
    assert after(known(State.APPROVED), moved("https://else.example/answer")).revise
    assert not after(known(State.APPROVED), moved("https://else.example/answer", status=302)).revise


@pytest.mark.parametrize(
    ("entry", "news"),
    [
        (Entry(title="An answer", site="Another name"), False),
        (Entry(title="An answer", published="2011-10-14T09:30:00Z"), False),
        (Entry(site="Another name"), True),
    ],
)
def test_a_site_s_name_is_news_where_readers_see_it_and_a_date_is_put_right_in_place(entry: Entry, news: bool) -> None:
    before = replace(entry, site="A name", published=None)
    was = replace(known(State.APPROVED), fingerprint=Reading(EVIDENCE, before).fingerprint)
    assert after(was, Reading(EVIDENCE, entry)).revise is news
