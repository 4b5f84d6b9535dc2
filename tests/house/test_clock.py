"""What computes is given the time; it never looks at a clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = ("service/values", "service/decide", "workers/reading")
LOOKS = {"now", "utcnow", "today"}
FILES = [file for room in PURE for file in sorted((ROOT / room).rglob("*.py"))]


def looks_at_the_clock(source: str) -> list[int]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in LOOKS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_pure_room_has_no_clock(file: Path) -> None:
    assert looks_at_the_clock(file.read_text()) == []


def test_a_look_at_the_clock_is_seen() -> None:
    assert looks_at_the_clock("import datetime\nx = datetime.datetime.now(datetime.UTC)\n") == [2]
