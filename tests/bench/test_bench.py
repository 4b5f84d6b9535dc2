"""The bench's own arithmetic and its table; what it measures is measured by `make bench`, never asserted."""

from __future__ import annotations

import pytest

from bench import pages
from bench.table import Row, Section, Target, at_least, at_most, lines, ratio, verdict


def test_what_took_turns_is_compared_turn_by_turn() -> None:
    """A turn that was disturbed on both sides tells nothing against either."""
    assert ratio((900, 90, 950), (1000, 100, 1000)) == pytest.approx(0.9)


def test_what_took_no_turns_is_compared_by_its_median() -> None:
    assert ratio((100, 300, 200), (50,)) == pytest.approx(4)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (at_least(0.9, "%", 0.93, "of the bare function"), "met"),
        (at_least(5, "x", 4, "Isso"), "missed by 20 %"),
        (at_most(3, "x", 3, "nginx's p99"), "met"),
        (at_most(60, "s", 90), "missed by 50 %"),
    ],
)
def test_a_target_is_met_or_says_by_how_much_it_was_missed(target: Target, said: str) -> None:
    assert target.verdict == said


def test_a_row_stands_beside_its_ratios() -> None:
    bare = Row("bare function", (40_000, 42_000, 41_000), p50=0.35, p99=0.91)
    ours = Row("ours", (36_900, 37_800, 36_000), p50=0.4, p99=1.2).aiming(
        at_least(0.9, "%", ratio((36_900, 37_800, 36_000), bare.turns), "of the bare function"),
        at_most(3, "x", 1.3, "its p99"),
    )
    printed = list(lines(Section("Reading", [bare, ours], ["9 KB of JSON"])))
    assert printed[0] == "Reading"
    assert _words(printed[3]) == "bare function 41,000 req/s 0.35 0.91"
    assert _words(printed[4]) == "ours 36,900 req/s 0.40 1.20 90 % of the bare function >= 90 % met"
    assert _words(printed[5]) == "1.30 x its p99 <= 3.00 x met"
    assert printed[-1] == "9 KB of JSON"


def test_the_last_line_counts_what_was_met() -> None:
    row = Row("ours", (1.0,)).aiming(at_least(1, "x", 1), at_most(1, "s", 2))
    assert verdict([Section("One", [row]), Section("Two", [Row("peer", (1.0,))])]) == "1 of 2 targets met"


def test_the_pages_differ_by_the_link_alone() -> None:
    """The same page in both rows: 60 KB, and a link that is in one of them."""
    assert pages.TARGET.encode() in pages.WITH
    assert pages.TARGET.encode() not in pages.WITHOUT
    assert all(abs(len(page) - pages.SIZE) < 1000 for page in (pages.WITH, pages.WITHOUT))


def test_no_two_pages_of_a_kind_are_on_one_host() -> None:
    hosts = {pages.address(80, "none", n).split("/")[2] for n in range(12_000)}
    assert len(hosts) == 12_000


def _words(line: str) -> str:
    return " ".join(line.split())
