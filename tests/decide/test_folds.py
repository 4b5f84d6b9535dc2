"""Which waiting items belong together."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.decide.folds import SAME, UNLIKE, Bond, Fold, Leaf, Standing, folds
from service.decide.likeness import alike, gist

SPAM = "I made a small list of cheap watches that you can buy today at my shop"
LETTER = Leaf(1, "A letter about slow reading, and about what is kept in drawers")


def said(text: str, **further: object) -> Leaf:
    return replace(Leaf(1, text), **further)  # type: ignore[arg-type]


def together(*leaves: Leaf) -> list[tuple[int, ...]]:
    return [fold.places for fold in folds(leaves)]


LEAVES = st.lists(
    st.builds(
        Leaf,
        site=st.integers(1, 2),
        text=st.lists(st.sampled_from("buy my cheap old watches here today".split()), max_size=6).map(" ".join),
        place=st.sampled_from([None, "ada.example", "ben.example"]),
        wordless=st.booleans(),
        asks=st.booleans(),
        hidden=st.booleans(),
        standing=st.sampled_from(Standing),
        spam=st.sampled_from([None, 0.02, 0.5, 0.97]),
    ),
    max_size=60,
)


@given(LEAVES)
def test_each_item_is_shown_once_and_in_its_order(leaves: list[Leaf]) -> None:
    found = folds(leaves)
    assert sorted(place for fold in found for place in fold.places) == list(range(len(leaves)))
    assert [fold.places[0] for fold in found] == sorted(fold.places[0] for fold in found)
    assert all(list(fold.places) == sorted(fold.places) for fold in found)
    assert all((fold.bond is None) == (len(fold.places) == 1) for fold in found)


@given(LEAVES)
def test_all_of_a_fold_belong_to_its_first(leaves: list[Leaf]) -> None:
    for fold in folds(leaves):
        first, *others = (leaves[place] for place in fold.places)
        for other in others:
            assert first.site == other.site
            assert first.agrees(other)
            if fold.bond is Bond.TEXT:
                assert alike(gist(first.text), gist(other.text))
            elif fold.bond is Bond.PLACE:
                assert first.place == other.place is not None
            else:
                assert first.sure is other.sure is not None


@given(LEAVES)
def test_the_same_list_is_folded_the_same_way(leaves: list[Leaf]) -> None:
    assert folds(leaves) == folds(list(leaves))


@given(LEAVES)
def test_a_fold_is_no_longer_than_can_be_looked_over(leaves: list[Leaf]) -> None:
    for fold in folds(leaves):
        wordless = all(leaves[place].wordless for place in fold.places)
        assert len(fold.places) <= (SAME if fold.bond is Bond.TEXT or wordless else UNLIKE)


def test_copies_of_one_text_are_one_fold_wherever_they_stand() -> None:
    found = folds([said(SPAM), LETTER, said(SPAM.upper()), said(f"Hi! {SPAM}")])
    assert found == [Fold((0, 2, 3), Bond.TEXT), Fold((1,))]


def test_a_chain_does_not_lead_away_from_the_first() -> None:
    words = [f"{letter}{letter}" for letter in "abcdefghijklmnopqrst"]
    chain = [said(" ".join(words[start : start + 8])) for start in range(0, 12, 2)]
    assert alike(gist(chain[0].text), gist(chain[1].text))
    assert alike(gist(chain[1].text), gist(chain[2].text))
    assert together(*chain) == [(0, 1), (2, 3), (4, 5)]


def test_what_asks_something_else_stands_apart() -> None:
    for other in (
        said(SPAM, site=2),
        said(SPAM, asks="changed"),
        said(SPAM, hidden=True),
        said(SPAM, standing=Standing.GOOD),
    ):
        assert together(said(SPAM), other) == [(0,), (1,)]
    assert together(said(SPAM, spam=0.95), said(SPAM, spam=0.03)) == [(0,), (1,)]
    assert together(said(SPAM, spam=0.95), said(SPAM, spam=0.6)) == [(0, 1)]


def test_a_host_of_good_record_lends_it_to_no_copy() -> None:
    found = together(said(SPAM, standing=Standing.GOOD), said(SPAM), said(SPAM, standing=Standing.GOOD), said(SPAM))
    assert found == [(0, 2), (1, 3)]


def test_one_authors_letters_are_one_fold() -> None:
    letters = [replace(LETTER, text=text, place="ada.example") for text in ("On birds", "On boats", "On bread")]
    assert folds([*letters, replace(LETTER, place="ben.example")]) == [Fold((0, 1, 2), Bond.PLACE), Fold((3,))]


def test_what_triage_is_sure_of_is_one_fold() -> None:
    weighed = [
        said(text, spam=spam) for text, spam in (("Birds", 0.95), ("Boats", 0.5), ("Bread", 0.99), ("Bees", 0.01))
    ]
    assert folds(weighed) == [Fold((0, 2), Bond.VERDICT), Fold((1,)), Fold((3,))]


def test_more_copies_than_a_fold_holds_begin_another() -> None:
    assert [len(places) for places in together(*[said(SPAM)] * (SAME * 7 + 1))] == [SAME] * 7 + [1]


def test_a_hosts_standing_is_what_was_decided_of_it() -> None:
    decided = {(0, 0): Standing.NEW, (3, 0): Standing.GOOD, (0, 2): Standing.BAD, (3, 2): Standing.MIXED}
    assert {counts: Standing.of(*counts) for counts in decided} == decided
