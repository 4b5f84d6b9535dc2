"""Words and phrases on a list: literal, at the borders of words, in any script, and never slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.rules import SiteRule, advise
from service.decide.subject import Subject
from service.decide.words import LOOKED_AT, folded, says
from service.values.state import State


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("casino", "The best casino in town", True),
        ("casino", "The best CASINO!", True),
        ("Casino", "casino", True),
        ("casino", "casinos", False),
        ("casino*", "casinos", True),
        ("casino*", "casino", True),
        ("casino*", "a supercasino", False),
        ("cheap watches", "cheap   watches", True),
        ("cheap watches", "cheap-watches", True),
        ("cheap watches", "Cheap,\nwatches.", True),
        ("cheap watches", "cheap Swiss watches", False),
        ("cheap wat*", "cheap watches", True),
        ("e", "the", False),
        ("straße", "STRASSE", True),
        ("café", "Cafe\u0301", True),
        ("cafe", "café", False),
        ("casino", "cas\u200bino", True),
        ("casino", "cas\u00adino", True),
        ("casino", "ｃａｓｉｎｏ", True),
        ("casino", "𝐜𝐚𝐬𝐢𝐧𝐨", True),
        ("казино", "КАЗИНО онлайн", True),
        ("手表", "购买廉价手表", True),
        ("手表", "手机", False),
        ("नमस्ते", "नमस्ते दुनिया", True),
        ("नम", "नमस्ते", False),
        ("كازينو", "أفضل كازينو هنا", True),
        ("50%", "50 euros", True),
        (".*", "anything", False),
        ("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaa!", False),
        ("*", "anything", False),
        ("", "anything", False),
        ("!!!", "!!!", False),
        ("under_score", "under_score", True),
    ],
)
def test_a_phrase_is_found_or_not(phrase: str, text: str, found: bool) -> None:
    assert says(folded(text), phrase) is found


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_was_written_is_found_in_what_was_written_round_it(before: str, after: str) -> None:
    assert says(folded(f"{before} needle {after}"), "needle")


@given(st.text())
def test_no_text_and_no_phrase_is_too_odd(text: str) -> None:
    assert isinstance(says(folded(text), text), bool)
    assert folded(folded(text)) == folded(text)


LONG = 2 * 1024 * 1024
WORDS = [SiteRule(number, "words", f"word{number} phrase{number}*", "spam") for number in range(250)]
WORDS += [SiteRule(1000 + number, "words", f"{'a' * 150}{number}", "wait") for number in range(250)]


@pytest.mark.parametrize(
    "text",
    [
        "a" * LONG,
        " ".join("a" * 10_000 for _ in range(LONG // 10_001)),
        "word1 " * (LONG // 6),
        "a\u0301\u0323" * (LONG // 6),
        "a" + "\u0301\u0323" * (LONG // 4),
        "\ufdfa" * (LONG // 3),
        "\U0001d41a" * (LONG // 4),
        "手" * (LONG // 3),
        "\u200b" * (LONG // 3),
    ],
    ids=["one word", "long words", "repeated", "marks", "a tower", "ligatures", "bold", "ideographs", "invisible"],
)
def test_five_hundred_rules_and_two_mebibytes_are_done_at_once(text: str) -> None:
    item = Subject("webmention", texts=(text,))
    advise(WORDS, Subject("webmention", texts=("warm",)))
    began = time.process_time()
    assert advise(WORDS, item).to is State.PENDING
    # 50 ms, with room for a machine that does something else beside.
    assert time.process_time() - began < 0.25


def test_a_text_is_looked_at_as_far_as_any_is_kept() -> None:
    assert says(folded("x " * (LOOKED_AT // 2 - 10) + "needle"), "needle")
    assert not says(folded("x " * LOOKED_AT + "needle"), "needle")
