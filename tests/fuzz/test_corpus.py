"""What the fuzzer found worth keeping is run again each time: what broke something once, and one way to each branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parents[1] / "data" / "fuzz"
MOST = 300_000
"""Bytes of the whole corpus."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_was_kept_breaks_a_target(name: str) -> None:
    kept = sorted((CORPUS / name).iterdir())
    assert kept
    for file in kept:
        try:
            TARGETS[name].run(file.read_bytes())
        except Exception as broken:
            raise AssertionError(f"{file.relative_to(CORPUS)} breaks {name}: {broken!r}") from broken


def test_the_corpus_is_small() -> None:
    assert sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()) < MOST
