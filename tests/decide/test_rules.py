"""What a site's rules say of an item, line by line, and which of them is heard where they disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decide.rules import BLOCKS, VERDICTS, Advice, SiteRule, advise
from service.decide.subject import Subject, comment, home, linkback
from service.values.address import parse, prefix_key, stored
from service.values.evidence import Evidence, Hiding, Link, Place
from service.values.page import Hop
from service.values.state import State


def a(url: str) -> str:
    return url if "https:" in url or "http:" in url else f"https://{url}"


def came(*way: str, **what: object) -> Subject:
    """A webmention whose source leads over these addresses."""
    author = what.pop("author", None)
    said = Subject("webmention", way=tuple(parse(a(url)) for url in way))
    return replace(said, author=parse(a(str(author))) if author else None, **what)  # type: ignore[arg-type]


def told(text: str) -> tuple[SiteRule, ...]:
    """``approve host friend.example; spam words cheap watches``: rules, numbered from 1."""
    return tuple(
        SiteRule(number, kind, value, verdict)
        for number, (verdict, kind, value) in enumerate(
            ([*one.strip().split(" ", 2), ""][:3] for one in text.split(";") if one.strip()), 1
        )
    )


STRANGER = came("stranger.example/x", texts=("Nothing odd",))
FRIEND = came("friend.example/2026/x")
ANN = came("social.example/@ann/1", author="social.example/@ann")

CASES = [
    # a host
    ("", FRIEND, "pending"),
    ("approve host friend.example", FRIEND, "approved 1"),
    ("approve host friend.example", STRANGER, "pending"),
    ("approve host friend.example", came("www.friend.example/"), "approved 1"),
    ("approve host friend.example", came("notfriend.example/"), "pending"),
    ("spam host friend.example", FRIEND, "spam 1"),
    ("refuse host friend.example", FRIEND, "spam 1"),
    ("wait host friend.example", FRIEND, "pending 1"),
    ("applaud host friend.example", FRIEND, "pending"),
    ("approve moon friend.example", FRIEND, "pending"),
    # its way
    ("approve host friend.example", came("friend.example/", "stranger.example/"), "pending"),
    ("approve host friend.example; approve host b.example", came("friend.example/", "b.example/"), "approved 1"),
    ("approve host b.example; approve host friend.example", came("friend.example/", "b.example/"), "approved 2"),
    ("approve host friend.example; spam host b.example", came("friend.example/", "b.example/"), "spam 2"),
    ("spam host b.example", came("friend.example/", "b.example/", "c.example/"), "spam 1"),
    ("approve host friend.example", came(), "pending"),
    # an address
    ("approve address uni.example/~ann/", came("uni.example/~ann/2026/x"), "approved 1"),
    ("approve address uni.example/~ann/", came("http://uni.example/~ann"), "approved 1"),
    ("approve address uni.example/~ann/", came("uni.example/~anna/x"), "pending"),
    ("approve address uni.example/~ann/", came("uni.example/~bob/x"), "pending"),
    ("approve address uni.example/~ann/", came("uni.example/~ann/../~bob/x"), "pending"),
    ("approve address uni.example/~ann/", came("uni.example:8443/~ann/x"), "pending"),
    ("approve address uni.example/~ann/", came("evil.uni.example/~ann/x"), "pending"),
    ("approve address uni.example/~ann/", came("uni.example/~ann/x", "uni.example/~bob/x"), "pending"),
    ("spam address uni.example/~ann/", came("uni.example/~ann/x"), "spam 1"),
    # an author: believed beneath his own address alone
    ("approve author social.example/@ann/", ANN, "approved 1"),
    ("approve author social.example/@ann/", came("social.example/@bob/1", author="social.example/@ann"), "pending"),
    ("approve author social.example/@ann/", came("evil.example/@ann/1", author="social.example/@ann"), "pending"),
    ("approve author social.example/@ann/", came("social.example/@ann/1", author="social.example/@bob"), "pending"),
    ("approve author social.example/@ann/", came("social.example/@ann/1"), "pending"),
    ("approve author social.example/@ann/", came("social.example/@anna/1", author="social.example/@anna"), "pending"),
    ("spam author social.example/@ann/", ANN, "spam 1"),
    ("spam author social.example/@ann/", came("evil.example/", author="https://social.example/@ann/"), "spam 1"),
    ("spam author social.example/@ann/", came("social.example/@ann/1"), "spam 1"),
    ("spam author social.example/@ann/", came("social.example/@bob/1", author="social.example/@bob"), "pending"),
    # words
    ("spam words odd", STRANGER, "spam 1"),
    ("wait words NOTHING  odd", STRANGER, "pending 1"),
    ("spam words od", STRANGER, "pending"),
    ("spam words od*", STRANGER, "spam 1"),
    ("approve words odd", STRANGER, "pending"),
    ("spam words one two", came("x.example/", texts=("one", "two")), "pending"),
    # links, language, hidden, kind, type
    ("spam links 30", came("x.example/", links=30), "spam 1"),
    ("spam links 30", came("x.example/", links=29), "pending"),
    ("spam links many", came("x.example/", links=29), "pending"),
    ("wait language ru", came("x.example/", language="ru"), "pending 1"),
    ("spam language en", came("x.example/", language="en-GB"), "spam 1"),
    ("spam language en", came("x.example/", language="enm"), "pending"),
    ("spam language en-gb", came("x.example/", language="en"), "pending"),
    ("spam language en", came("x.example/"), "pending"),
    ("spam foreign en, fr", came("x.example/", language="ru"), "spam 1"),
    ("spam foreign en, fr", came("x.example/", language="fr_CA"), "pending"),
    ("spam foreign en, fr", came("x.example/"), "pending"),
    ("spam hidden", came("x.example/", hidden=True), "spam 1"),
    ("spam hidden", came("x.example/"), "pending"),
    ("spam kind trackback", replace(STRANGER, kind="trackback"), "spam 1"),
    ("spam kind trackback", STRANGER, "pending"),
    ("wait type like", replace(STRANGER, type="like"), "pending 1"),
    ("approve type like", replace(STRANGER, type="like"), "pending"),
    # one's own posts
    ("", came("blog.example/a", ours=True), "pending own"),
    ("approve self", came("blog.example/a", ours=True), "approved 1"),
    ("spam self", came("blog.example/a", ours=True), "spam 1"),
    ("approve self", FRIEND, "pending"),
    # who is shut out stays out; who is held is held; what is hidden is never let in
    ("approve host friend.example; spam words odd", replace(FRIEND, texts=("odd",)), "spam 2"),
    ("approve host friend.example; wait words odd", replace(FRIEND, texts=("odd",)), "pending 2"),
    ("wait host friend.example; spam host friend.example", FRIEND, "spam 2"),
    ("approve host friend.example", replace(FRIEND, hidden=True), "pending"),
    ("approve self", came("blog.example/a", ours=True, hidden=True), "pending own"),
    ("approve host friend.example", replace(FRIEND, by_others=True), "pending"),
    # the site's default
    ("approve default all", STRANGER, "approved 1"),
    ("approve default all", replace(STRANGER, by_others=True), "approved 1"),
    ("approve default all", replace(STRANGER, hidden=True), "pending"),
    ("approve default all; wait words odd", STRANGER, "pending 2"),
    ("approve default known", STRANGER, "pending"),
    ("approve default known", replace(STRANGER, known=True), "approved 1"),
    ("approve default known", replace(STRANGER, known=True, by_others=True), "pending"),
    ("approve default moon", replace(STRANGER, known=True), "pending"),
    ("approve default known; approve host friend.example", FRIEND, "approved 2"),
]


@pytest.mark.parametrize(("rules", "item", "expected"), CASES)
def test_each_line_of_the_table(rules: str, item: Subject, expected: str) -> None:
    advice = advise(told(rules), item)
    said = str(advice.to) + (f" {advice.rule.id}" if advice.rule else "") + (" own" if advice.own else "")
    assert said == expected
    assert advise(reversed(told(rules)), item) == advice


PLACES = ("a.example/", "a.example/~x/1", "b.example/@y", "c.example/p")
ITEMS = st.builds(
    Subject,
    kind=st.sampled_from(["webmention", "pingback", "comment"]),
    type=st.sampled_from(["mention", "like"]),
    way=st.lists(st.sampled_from([parse(a(place)) for place in PLACES]), max_size=3).map(tuple),
    author=st.none() | st.sampled_from([parse(a(place)) for place in PLACES]),
    texts=st.lists(st.sampled_from(["cheap watches", "a letter"]), max_size=2).map(tuple),
    links=st.integers(0, 3),
    language=st.sampled_from([None, "en", "ru"]),
    hidden=st.booleans(),
    by_others=st.booleans(),
    ours=st.booleans(),
    known=st.booleans(),
)
VALUES = [prefix_key(parse(a(place))) for place in PLACES] + [
    "a.example",
    "b.example",
    "cheap",
    "1",
    "en",
    "all",
    "known",
]
VALUES += ["", "like", "pingback"]
few = settings(max_examples=50)
RULES = st.lists(
    st.builds(
        SiteRule,
        st.integers(1, 99),
        st.sampled_from(sorted(VERDICTS)),
        st.sampled_from(VALUES),
        st.sampled_from(["approve", "wait", "spam", "refuse"]),
    ),
    max_size=6,
    unique_by=lambda rule: rule.id,
)


@few
@given(RULES, ITEMS)
def test_who_is_shut_out_is_never_let_in_whatever_else_is_said(rules: list[SiteRule], item: Subject) -> None:
    advice = advise(rules, item)
    for rule in rules:
        if rule.verdict in BLOCKS and advise([rule], item).to is State.SPAM:
            assert advice.to is State.SPAM
        if rule.verdict == "wait" and advise([rule], item).rule is not None:
            assert advice.to is not State.APPROVED


@few
@given(RULES, ITEMS)
def test_a_link_that_nobody_sees_is_approved_by_no_rule(rules: list[SiteRule], item: Subject) -> None:
    assert advise(rules, replace(item, hidden=True)).to is not State.APPROVED


@few
@given(RULES, ITEMS)
def test_nothing_typed_lets_anything_in(rules: list[SiteRule], item: Subject) -> None:
    """What only a claim changed makes no difference to trust: an author alone, words, a type, a language."""
    advice = advise(rules, item)
    if advice.to is State.APPROVED:
        assert advice.rule is not None and advice.rule.verdict == "approve"
        assert advice.rule.kind in ("host", "address", "author", "self", "default")
        if advice.rule.kind == "author":
            assert all(advice.rule.value in prefixes for _, prefixes in item.places)


@few
@given(RULES, ITEMS, st.randoms())
def test_the_order_in_which_rules_are_read_changes_nothing(
    rules: list[SiteRule], item: Subject, chance: object
) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert advise(shuffled, item) == advise(rules, item)


@few
@given(RULES, ITEMS)
def test_without_a_rule_a_person_decides(rules: list[SiteRule], item: Subject) -> None:
    advice = advise(rules, item)
    assert (advice.rule is None) <= (advice.to is State.PENDING)
    assert advise([], item) == Advice(State.PENDING, own=item.ours)


@pytest.mark.parametrize(
    ("source", "author", "whose"),
    [
        ("ann.example/2026/x", None, "ann.example/"),
        ("ann.example/2026/x", "ann.example", "ann.example/"),
        ("www.ann.example/x", "ann.example", "www.ann.example/"),
        ("uni.example/~ann/x", None, "uni.example/~ann/"),
        ("uni.example/~ann/x", "uni.example", "uni.example/~ann/"),
        ("uni.example//~ann/x", None, "uni.example//~ann/"),
        ("uni.example/%7Eann/x", None, "uni.example/~ann/"),
        ("social.example/@ann/1", "social.example/@ann", "social.example/@ann/"),
        ("social.example/@bob/1", "social.example/@ann", "social.example/@bob/"),
        ("social.example/users/bob/1", "social.example/@ann", "social.example/users/bob/"),
        ("dev.example/ann/a-post", "dev.example/ann", "dev.example/ann/"),
        ("evil.example/1", "social.example/@ann", "evil.example/"),
    ],
)
def test_whose_place_a_source_stands_in(source: str, author: str | None, whose: str) -> None:
    assert home(parse(a(source)), parse(a(author)) if author else None) == whose


def evidence(*links: Link, **further: object) -> Evidence:
    return Evidence("https://a.example/", "https://b.example/", links=links, **further)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("links", "relation", "hidden", "by_others"),
    [
        ([Link("a", "/")], "mention", False, False),
        ([Link("a", "/", hidden=Hiding.STYLE)], "mention", True, False),
        ([Link("a", "/", hidden=Hiding.STYLE), Link("a", "/")], "mention", False, False),
        ([Link("a", "/", hidden=Hiding.PROPERTY)], "mention", True, False),
        ([Link("a", "/", hidden=Hiding.PROPERTY)], "like", False, False),
        ([Link("a", "/", hidden=Hiding.EMPTY)], "like", True, False),
        ([Link("a", "/", place=Place.COMMENTS)], "mention", False, True),
        ([Link("a", "/", place=Place.COMMENTS), Link("a", "/")], "mention", False, False),
    ],
)
def test_what_is_seen_of_a_source(links: list[Link], relation: str, hidden: bool, by_others: bool) -> None:
    seen = linkback("webmention", parse("https://a.example/"), evidence(*links), relation, None, ())
    assert (seen.hidden, seen.by_others) == (hidden, by_others)


def test_the_way_is_every_address_from_the_source_to_its_page() -> None:
    hops = (Hop("https://a.example/", 301, "https://m.example/"), Hop("https://m.example/", 302, "https://b.example/"))
    seen = linkback("webmention", stored("https://a.example/"), evidence(hops=hops), "mention", None, ())
    assert [address.host for address in seen.way] == ["a.example", "m.example", "b.example"]


def test_words_are_looked_for_wherever_somebody_may_have_put_them() -> None:
    link = Link("a", "/", "the link", "before ", " after")
    seen = linkback(
        "webmention", stored("https://casino.example/"), evidence(link, snapshot="page"), "mention", None, ("title", "")
    )
    for words in ("casino", "title", "before the link after", "page"):
        assert advise(told(f"spam words {words}"), seen).to is State.SPAM, words
    written = comment("https://pills.example/", ("Bob", "Hello"), '<a href="x">x</a> <a href="y">y</a>')
    assert advise(told("spam words pills"), written).to is State.SPAM
    assert written.links == 2
