"""Triage weighs an item by its traits, says what weighed most, and decides alone where it was let and was tried."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide import triage
from service.decide.folds import Standing
from service.decide.precision import Past
from service.decide.subject import Subject, comment
from service.decide.triage import ENOUGH, Model, Trait, Weighed, Wishes, decides, logistic, traits
from service.values.address import parse
from service.values.state import State

LETTER = comment(None, ("A letter about the harbour",), "")
OFFER = comment(None, ("Subscribe to my channel, check out my channel",), "")
MENTION = Subject(
    "webmention", way=(parse("https://ada.example/a"),), texts=("On harbours",), links=4, language="en-GB"
)


def model(bias: float = -1.0, **weights: float) -> Model:
    """``word_check_out=3``: a model with this weight for the pair."""
    found = {}
    for name, weight in weights.items():
        about, _, value = name.partition("_")
        found[Trait(about, value.replace("_", " ")).bucket] = weight
    return Model.of(bias, found)


SPAM = model(word_check=2, word_check_out=9, word_my_channel=6, word_channel=5, word_letter=-8, links_3=4, links_1=3)


def test_it_is_by_its_words_that_one_is_likelier_than_the_other() -> None:
    assert SPAM.weigh(traits(OFFER, None)).spam > 0.9
    assert SPAM.weigh(traits(LETTER, None)).spam < 0.1


def test_what_weighed_most_is_said_and_no_word_twice() -> None:
    """“check” and “channel” are part of what is said before them."""
    found = SPAM.weigh(traits(OFFER, None)).grounds
    assert [(ground.about, ground.value) for ground in found] == [("word", "check out"), ("word", "my channel")]
    assert [ground.value for ground in SPAM.weigh(traits(LETTER, None)).grounds] == ["letter"]


def test_of_numbers_of_links_one_is_named() -> None:
    found = SPAM.weigh(traits(MENTION, Standing.NEW)).grounds
    assert [(ground.about, ground.value) for ground in found] == [("links", "3")]


@pytest.mark.parametrize(
    ("item", "standing", "trait"),
    [
        (OFFER, None, Trait("word", "subscribe to")),
        (OFFER, None, Trait("kind", "comment")),
        (OFFER, None, Trait("type", "comment")),
        (replace(MENTION, type="reply"), Standing.NEW, Trait("type", "reply")),
        (MENTION, Standing.BAD, Trait("record", "bad")),
        (MENTION, Standing.NEW, Trait("host", "ada.example")),
        (MENTION, Standing.NEW, Trait("links", "3")),
        (MENTION, Standing.NEW, Trait("language", "en")),
        (replace(MENTION, hidden=True), Standing.NEW, Trait("hidden")),
        (replace(MENTION, by_others=True), Standing.NEW, Trait("aside")),
        (replace(LETTER, texts=("ＣＨＥＣＫ\u200b out",)), None, Trait("word", "check out")),
    ],
)
def test_a_trait_is_seen(item: Subject, standing: Standing | None, trait: Trait) -> None:
    assert trait in traits(item, standing)
    assert Trait("links", "5") not in traits(item, standing)


def test_a_pair_does_not_go_on_from_one_text_to_another() -> None:
    found = traits(comment(None, ("check", "out"), ""), None)
    assert Trait("word", "check out") not in found


def test_a_long_text_counts_no_more_than_a_short_one_and_its_end_is_not_looked_at() -> None:
    found = traits(comment(None, ("word " + " ".join(map(str, range(5000))),), ""), None)
    words = [count for trait, count in found.items() if trait.about == "word"]
    assert math.fsum(count * count for count in words) == pytest.approx(1)
    assert len(words) < 2 * triage.LOOKED_AT


TRIED = {
    State.SPAM: {0.9: Past(ENOUGH, ENOUGH), 0.99: Past(ENOUGH - 1, ENOUGH - 1)},
    State.APPROVED: {0.1: Past(ENOUGH, ENOUGH)},
}
BOTH = Wishes(0.9, 0.1)


@pytest.mark.parametrize(
    ("spam", "wishes", "hidden", "to"),
    [
        (0.95, BOTH, False, State.SPAM),
        (0.90, BOTH, False, State.SPAM),
        (0.89, BOTH, False, None),
        (0.11, BOTH, False, None),
        (0.10, BOTH, False, State.APPROVED),
        (0.05, BOTH, True, None),
        (0.95, BOTH, True, State.SPAM),
        (0.999, Wishes(), False, None),
        (0.001, Wishes(), False, None),
        (0.999, Wishes(as_good=0.1), False, None),
        (0.001, Wishes(as_spam=0.9), False, None),
        (0.999, Wishes(as_spam=0.99), False, None),
        (0.999, Wishes(as_spam=0.95), False, None),
        (0.001, Wishes(as_good=0.05), False, None),
    ],
    ids=str,
)
def test_it_decides_alone_where_it_was_let_and_was_tried(
    spam: float, wishes: Wishes, hidden: bool, to: State | None
) -> None:
    """Nothing that no reader sees is approved; nothing is decided beyond what the past can tell of."""
    assert decides(Weighed(spam), wishes, TRIED, hidden) is to


_texts = st.lists(st.text(max_size=300), max_size=4)
_weights = st.dictionaries(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6, width=32), max_size=40)


@given(_texts, st.floats(-1e6, 1e6), _weights)
def test_whatever_it_says_a_probability_comes_of_it(texts: list[str], bias: float, weights: dict[int, float]) -> None:
    found = traits(comment("https://ada.example/", texts, ""), None)
    mine = weights | {trait.bucket: 3.0 for trait in list(found)[:5]}
    weighed = Model.of(bias, mine).weigh(found)
    side = 1 if weighed.spam >= 0.5 else -1
    assert 0 <= weighed.spam <= 1
    assert len(weighed.grounds) <= triage.GROUNDS
    assert all(ground.weight * side >= 0 and len(ground.value) <= 60 for ground in weighed.grounds)
    moved = [abs(ground.weight) for ground in weighed.grounds]
    assert moved == sorted(moved, reverse=True)


@given(st.floats(-100, 100), _weights)
def test_what_is_kept_weighs_as_what_was_learned(bias: float, weights: dict[int, float]) -> None:
    learned = Model.of(bias, weights)
    kept = Model.from_bytes(bias, learned.body)
    assert (list(kept.buckets), list(kept.weights)) == (list(learned.buckets), list(learned.weights))
    assert kept.weigh(traits(OFFER, None)) == learned.weigh(traits(OFFER, None))


def test_the_heaviest_weights_are_kept() -> None:
    many = {bucket: 1.0 + bucket for bucket in range(triage.MOST + 10)}
    assert list(Model.of(0, many).buckets) == list(range(10, triage.MOST + 10))


@given(st.floats(allow_nan=False))
def test_the_line_never_overflows(balance: float) -> None:
    assert 0 <= logistic(balance) <= 1
    assert logistic(balance) + logistic(-balance) == pytest.approx(1)
