"""Every test that the docs name as a proof exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "conformance.md"


def proofs() -> Iterator[tuple[str, str]]:
    """File and test of each proof; an empty test where the whole file is one."""
    for line in DOCS.read_text().splitlines():
        file = ""
        for named in re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)?)`", line) if line.startswith("|") else ():
            path, _, test = named.partition("::")
            file = path or file
            yield file, test


def test_there_are_proofs() -> None:
    assert len(set(proofs())) > 100


@pytest.mark.parametrize(("file", "test"), sorted(set(proofs())))
def test_a_proof_exists(file: str, test: str) -> None:
    source = ROOT / file
    assert source.is_file(), f"there is no {file}"
    assert not test or re.search(rf"^ *def {test}\(", source.read_text(), re.MULTILINE), f"{file} has no {test}"
