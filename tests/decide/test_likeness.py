"""Whether two texts say nearly the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.likeness import DRAWN, HEAD, TAIL, Index, alike, gist

SAID = "I made a small list of cheap watches that you can buy today at my shop, and they are all real"

WORDS = st.lists(st.sampled_from("a slow reader keeps every old letter in one drawer".split()), max_size=40)


def near(one: str, other: str) -> bool:
    return alike(gist(one), gist(other))


@pytest.mark.parametrize(
    "other",
    [
        SAID.upper(),
        f"  {SAID.replace(' ', '   ')} !!",
        SAID.replace("cheap", "fine"),
        SAID.replace("today", "tomorrow, or the day after"),
        f"Hello Anna! {SAID}",
        f"{SAID} — 3f9",
        SAID.replace("a", "\u200ba"),
    ],
)
def test_a_text_is_like_one_of_which_a_little_was_changed(other: str) -> None:
    assert near(SAID, other)


@pytest.mark.parametrize(
    "other",
    [
        "",
        "I made a small list of what I read this year, and they are all about birds",
        " ".join(sorted(SAID.split())),
        "watches",
        f"{SAID}. " + " ".join(f"And {number} other things of which nothing was said." for number in "abcdefghijk"),
    ],
)
def test_a_text_is_not_like_one_that_says_something_else(other: str) -> None:
    assert not near(SAID, other)


def test_numbers_tell_nothing_apart() -> None:
    assert near("call 0700 123 456 now", "call 0900 987 654 now")


def test_short_texts_are_alike_where_they_are_the_same() -> None:
    assert near("First!", "first")
    assert not near("First!", "Second!")
    assert not near("I love this song", "I love this video so much")


def test_a_script_without_spaces_is_compared_too() -> None:
    assert near("你好我的朋友请看我的频道谢谢", "你好我的朋友请看我的频道谢谢!!")
    assert not near("你好我的朋友请看我的频道谢谢", "这首歌真的非常好听")


def test_what_says_nothing_is_like_nothing() -> None:
    assert not near("", "")
    assert not near("… !!", "… !!")


def test_a_long_text_is_not_like_one_with_as_much_again_in_its_middle() -> None:
    draw = random.Random(5)
    words = [f"word{''.join(draw.choices('abcdefgh', k=5))}" for _ in range(HEAD + TAIL)]
    inside = [f"other{''.join(draw.choices('abcdefgh', k=5))}" for _ in range(HEAD + TAIL)]
    assert not near(" ".join(words), " ".join([*words[:HEAD], *inside, *words[HEAD:]]))
    assert near(" ".join(words), " ".join([*words[:HEAD], *inside[:40], *words[HEAD:]]))


@given(WORDS, WORDS)
def test_likeness_has_no_direction(one: list[str], other: list[str]) -> None:
    assert near(" ".join(one), " ".join(other)) == near(" ".join(other), " ".join(one))


@given(WORDS)
def test_a_text_is_like_itself(words: list[str]) -> None:
    assert near(" ".join(words), " ".join(words)) == bool(words)


@given(st.lists(WORDS, max_size=12), WORDS)
def test_what_the_index_finds_is_alike_and_the_same_text_is_found(texts: list[list[str]], new: list[str]) -> None:
    index, said = Index(), gist(" ".join(new))
    for number, words in enumerate(texts):
        index.add(number, gist(" ".join(words)))
    found = list(index.like(said))
    assert all(alike(gist(" ".join(texts[number])), said) for number in found)
    if new in texts and new:
        assert found


def test_a_text_that_shares_a_pair_with_thousands_is_compared_with_few() -> None:
    index = Index()
    for number in range(2_000):
        index.add(number, gist(f"buy watches {' '.join(random.Random(number).choices('abcdefghijklmnopqrst', k=20))}"))
    said = gist("buy watches and be happy with them for the rest of your days")
    assert len(said.drawn) == DRAWN
    assert list(index.like(said)) == []
