"""Which rules may be, and in which form they are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.admissible import BadRule, Draft, draft
from service.decide.rules import VERDICTS


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("host", "Friend.Example", "friend.example"),
        ("host", "https://www.friend.example/some/page?x=1", "friend.example"),
        ("host", "bücher.example", "xn--bcher-kva.example"),
        ("host", "ann.github.io", "ann.github.io"),
        ("author", "https://mastodon.social/@name", "mastodon.social/@name/"),
        ("author", "mastodon.social/@name/", "mastodon.social/@name/"),
        ("address", "http://uni.example:8080/~ann", "uni.example:8080/~ann/"),
        ("address", "blog.uni.example", "blog.uni.example/"),
        ("words", "  cheap   watches ", "cheap watches"),
        ("words", "casino*", "casino*"),
        ("words", "(a+)+$", "(a+)+$"),
        ("links", "030", "30"),
        ("language", "pt_BR", "pt-br"),
        ("foreign", "FR; en fr", "fr, en"),
        ("hidden", "whatever", ""),
        ("self", "whatever", ""),
        ("kind", "trackback", "trackback"),
        ("type", "like", "like"),
    ],
)
def test_a_rule_is_kept_in_its_normal_form(kind: str, value: str, kept: str) -> None:
    assert draft(kind, value, "spam") == Draft(kind, kept, "spam")
    assert draft(kind, kept, "spam") == Draft(kind, kept, "spam")


@pytest.mark.parametrize(
    ("kind", "value", "verdict", "code"),
    [
        ("moon", "x", "spam", "kind"),
        ("host", "x.example", "applaud", "verdict"),
        ("words", "good", "approve", "verdict"),
        ("language", "en", "approve", "verdict"),
        ("type", "like", "approve", "verdict"),
        ("hidden", "", "approve", "verdict"),
        ("author", "x.example/@y", "refuse", "verdict"),
        ("host", "", "spam", "empty"),
        ("host", "blog.uni.example", "spam", "wider"),
        ("host", "a b", "spam", "address"),
        ("host", "javascript:alert(1)", "spam", "address"),
        ("host", "https://user:secret@x.example/", "spam", "address"),
        ("address", "x.example/?author=1", "spam", "no_query"),
        ("address", "x.example/#top", "spam", "no_query"),
        ("address", "x.example/" + "a/" * 21, "spam", "too_deep"),
        ("words", "", "spam", "empty"),
        ("words", "x" * 201, "spam", "too_long"),
        ("words", "x" * 10_000, "spam", "too_long"),
        ("words", "ca*ino", "spam", "star"),
        ("words", "**", "spam", "star"),
        ("words", "*", "spam", "no_letter"),
        ("words", "!!!", "spam", "no_letter"),
        ("links", "0", "spam", "number"),
        ("links", "-1", "spam", "number"),
        ("links", "10000", "spam", "number"),
        ("links", "٣", "spam", "number"),
        ("language", "english please", "spam", "language"),
        ("foreign", "", "spam", "language"),
        ("kind", "carrier pigeon", "spam", "kind"),
        ("default", "none", "approve", "kind"),
    ],
)
def test_what_may_not_be_is_refused_with_its_reason(kind: str, value: str, verdict: str, code: str) -> None:
    with pytest.raises(BadRule) as refused:
        draft(kind, value, verdict)
    assert refused.value.code == code


@given(st.sampled_from(sorted(VERDICTS)), st.text() | st.text("a.*/@~:?#%0 ", max_size=300))
def test_whatever_is_written_is_kept_or_refused(kind: str, value: str) -> None:
    verdict = VERDICTS[kind][0]
    try:
        kept = draft(kind, value, verdict)
    except BadRule:
        return
    assert draft(kind, kept.value, verdict) == kept
