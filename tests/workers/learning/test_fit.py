"""What is learned of decisions never turns their sides round, and is tried on those alone that came later."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from service.decide.subject import comment
from service.decide.triage import AS_GOOD, AS_SPAM, traits
from service.model.weights import FEWEST
from service.values.state import State
from workers.learning.fit import PARTS, enough, fit, foretell, past
from workers.learning.lessons import Lesson

GOOD, SPAM, REJECTED = State.APPROVED, State.SPAM, State.REJECTED
BEGINS = 2 * FEWEST
"""Decisions that are enough, half of them spam."""


def lesson(text: str, decided: State) -> Lesson:
    return Lesson.of(traits(comment(None, (text,), ""), None), decided)


def by_turns(number: int, offer: str = "channel", letter: str = "harbour") -> list[Lesson]:
    """So many decisions: offers that were spam, and letters that were approved."""
    each = ((f"{offer} {n}", SPAM) if n % 2 else (f"{letter} {n}", GOOD) for n in range(number))
    return [lesson(text, decided) for text, decided in each]


def spam(lessons: Sequence[Lesson], text: str) -> float:
    return fit(lessons).spam(lesson(text, SPAM).counted)


def test_it_is_surer_the_more_often_it_was_so() -> None:
    few, many = by_turns(BEGINS), by_turns(10 * BEGINS)
    assert spam(many, "channel") > spam(few, "channel") > 0.8 > 0.2 > spam(few, "harbour") > spam(many, "harbour")


@pytest.mark.parametrize("seed", range(20))
def test_where_words_tell_nothing_sides_are_not_turned_round(seed: int) -> None:
    """Of noise, calibration by parts finds that what looked like spam was good: that line is not taken."""
    chance = Random(seed)
    said = [" ".join(chance.choices("abcdefgh", k=3)) for _ in range(BEGINS)]
    lessons = [lesson(text, SPAM if n % 2 else GOOD) for n, text in enumerate(said)]
    model = fit(lessons)
    held = [(model.spam(one.counted), one.decided) for one in lessons]
    sides = [sum(spam for spam, decided in held if decided is side) for side in (SPAM, GOOD)]
    assert sides[0] >= sides[1], "what it has seen as spam it holds for the likelier"


def test_what_was_so_is_foretold_by_what_came_before_it_alone() -> None:
    lessons = by_turns(5 * FEWEST)
    border = len(lessons) * (PARTS - 1) // PARTS
    other = [Lesson(one.buckets, one.counts, GOOD if one.decided is SPAM else SPAM) for one in lessons[border:]]
    as_it_was, otherwise = list(foretell(lessons)), list(foretell(lessons[:border] + other))
    assert [held for held, _ in as_it_was] == [held for held, _ in otherwise]
    assert [decided for _, decided in otherwise][-len(other) :] == [one.decided for one in other]


def test_where_the_last_part_turned_out_otherwise_the_figures_say_so() -> None:
    lessons = by_turns(10 * FEWEST)
    turned = lessons[: 8 * FEWEST] + by_turns(2 * FEWEST, offer="harbour", letter="channel")
    sure, fooled = past(lessons)[SPAM][0.8], past(turned)[SPAM][0.8]
    assert sure.share == 1.0
    assert fooled.of - fooled.right >= FEWEST // 2


def test_what_was_rejected_counts_as_wrong_and_teaches_nothing() -> None:
    rejected = [lesson(f"channel rejected {n}", REJECTED) for n in range(FEWEST)]
    taught, late = by_turns(4 * BEGINS), by_turns(FEWEST)
    figures = past([*taught, *late, *rejected])[SPAM][0.8]
    assert figures.of - figures.right == len(rejected)
    assert fit([*taught, *rejected]).body == fit(taught).body


def test_before_there_is_enough_nothing_is_foretold() -> None:
    assert [enough(by_turns(number)) for number in (BEGINS - 1, BEGINS)] == [False, True]
    assert list(foretell(by_turns(BEGINS))) == []
    figures = past(by_turns(BEGINS))
    assert {at.of for to in figures.values() for at in to.values()} == {0}
    assert [tuple(to) for to in figures.values()] == [AS_SPAM, AS_GOOD]
