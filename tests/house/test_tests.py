"""The tests keep their own rules: real parts, no naps, nothing skipped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

BANNED = {
    "time.sleep": "wait for a condition (tests/support/waiting.py)",
    "asyncio.sleep": "wait for a condition; a page server that has to be slow takes delay=",
    "pytest.mark.skip": "a test that can't run is no test",
    "pytest.mark.skipif": "a test that can't run is no test",
    "pytest.mark.xfail": "what doesn't hold is written in docs/conformance.md",
    "pytest.importorskip": "what tests need is in the lock",
    "pytest.skip": "only tests/support/programs.py may, where no part can be had and CI is not set",
    "unittest.mock": "real parts only",
    "mock": "real parts only",
}
ALLOWED = {
    ("support/programs.py", "pytest.skip"),
    # A raw server that drips: that is what it is for.
    ("workers/test_fetch_limits.py", "asyncio.sleep"),
}
FILES = sorted(TESTS.rglob("*.py"))


def banned(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [ast.unparse(node)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from ((getattr(node, "lineno", 0), name) for name in names if name in BANNED)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_a_test_file_keeps_the_rules(file: Path) -> None:
    where = file.relative_to(TESTS).as_posix()
    found = [
        f"{where}:{line}: {name}: {BANNED[name]}"
        for line, name in banned(ast.parse(file.read_text()))
        if (where, name) not in ALLOWED
    ]
    assert not found, "\n".join(found)
