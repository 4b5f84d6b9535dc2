"""What a search knows of a text and of a query, whatever somebody writes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decide.search import BEGINS, LONGEST, MOST_TERMS, MOST_WORDS, Term, terms, words

ANYTHING = st.text(st.characters(), max_size=300) | st.text("aé\u0301 %_'\"*():&|!-\\\x00NEAR漢ก9²", max_size=60)


@given(ANYTHING)
@settings(max_examples=300)
def test_a_word_is_letters_and_digits_whatever_was_written(text: str) -> None:
    found = words(text)
    assert all(word.isalnum() and len(word) <= LONGEST and not any(map(str.isupper, word)) for word in found)
    assert len(found) == len(set(found)) <= MOST_WORDS


@given(ANYTHING)
@settings(max_examples=300)
def test_a_search_for_the_words_of_a_text_is_a_search_for_that_text(text: str) -> None:
    assert terms(" ".join(words(text))) == terms(text)


@given(ANYTHING, ANYTHING)
def test_a_search_for_a_part_finds_the_whole(before: str, part: str) -> None:
    """What stands in a text with a space on either side is found by it."""
    said = set(words(f"{before} {part} {before}"))
    assert {term.word for term in terms(part)} <= said


@given(ANYTHING)
def test_only_the_last_word_may_go_on(text: str) -> None:
    found = terms(text)
    assert len(found) <= MOST_TERMS
    assert not any(term.begins for term in found[:-1])
    assert all(len(term.word) >= BEGINS for term in found if term.begins)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Été à l’ÉCOLE", ["ete", "a", "l", "ecole"]),
        ("100% full_of", ["100", "full", "of"]),
        ("NEAR(a b)^2 -c *", ["near", "a", "b", "2", "c"]),
        ("Łódź, Ærøskøbing, straße", ["lodz", "ærøskobing".replace("ø", "o"), "strasse"]),
        ("漢字 kanji", ["漢", "字", "kanji"]),
        ("Ａｂｃ ﬁn x²", ["abc", "fin", "x2"]),
        ("https://mastodon.social/@ada", ["https", "mastodon", "social", "ada"]),
        ("% _ ' \" \\ :*", []),
    ],
)
def test_words_are_told_apart(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_mark_stands_before_each_word() -> None:
    assert terms("Ada Marsh", "@") == (Term("@ada"), Term("@marsh", begins=True))


def test_ten_kilobytes_are_cut() -> None:
    assert terms("x" * 10_000) == (Term("x" * LONGEST, begins=True),)
