"""What is odd about an item, as a queue is filtered by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.decide.signs import Look, Sign, as_words
from service.values.evidence import Evidence, Hiding, Link, Place, Vouch, Vouching

PAGE = "https://ada.example/reading"
LINK = Link("a", "https://blog.example/post", "slow reading")
SEEN = Evidence(PAGE, PAGE, links=(LINK,))
PLAIN = Look(PAGE, "mention", "https://ada.example/", PAGE, SEEN)


def seen(**what: object) -> Look:
    return replace(PLAIN, evidence=replace(SEEN, **what))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("look", "sign"),
    [
        (seen(links=(replace(LINK, hidden=Hiding.STYLE),)), Sign.HIDDEN),
        (seen(links=(replace(LINK, hidden=Hiding.PROPERTY),)), Sign.HIDDEN),
        (seen(links=(replace(LINK, place=Place.FOOTER),)), Sign.ASIDE),
        (seen(final="https://moved.example/"), Sign.LEADS),
        (seen(downgraded=True), Sign.INSECURE),
        (seen(too_heavy=True), Sign.HEAVY),
        (seen(canonical="https://original.example/"), Sign.CLAIMS),
        (replace(PLAIN, author="https://famous.example/"), Sign.CLAIMS),
        (seen(vouch=Vouch("https://friend.example/", Vouching.LINKS)), Sign.VOUCH),
    ],
)
def test_an_odd_source_shows_it(look: Look, sign: Sign) -> None:
    assert look.signs == {sign}


@pytest.mark.parametrize(
    "look",
    [
        PLAIN,
        replace(PLAIN, evidence=None),
        Look(None, "comment", "https://famous.example/", None, None),
        seen(final="https://www.ada.example/moved"),
        replace(seen(links=(replace(LINK, hidden=Hiding.PROPERTY),)), relation="like"),
    ],
)
def test_a_plain_one_shows_nothing(look: Look) -> None:
    assert look.signs == frozenset()


def test_the_words_of_signs_are_found_by_their_spaces() -> None:
    assert as_words(frozenset()) == ""
    assert as_words(frozenset({Sign.LEADS, Sign.HIDDEN})) == " hidden leads "


def test_all_signs_together_fit_the_column() -> None:
    assert len(as_words(frozenset(Sign))) <= 120
