"""Who may import whom is kept, and whoever breaks it is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAULTS = {
    "a page that knows another page": ("service/receive/planted.py", "import service.publish", "downwards only"),
    "a lower room that looks up": ("service/model/planted.py", "import service.people", "downwards only"),
    "a room without a place": ("service/utils.py", "", "downwards only"),
    "a worker's room without a place": ("workers/helpers.py", "", "workers run downwards only"),
    "a page that calls a worker": ("service/moderate/planted.py", "import workers.fetch", "neither the workers"),
    "a page that fetches": ("service/publish/planted.py", "import requests", "neither the workers"),
    "a worker that knows Flask": ("workers/reading/planted.py", "import flask", "no page and no Flask"),
    "a worker that knows a page": ("workers/reading/planted.py", "import service.receive", "model, bell and languages"),
    "a rule that reads the database": ("service/decide/planted.py", "import sqlalchemy", "What computes"),
    "a value that reads the clock": ("service/values/planted.py", "import time", "What computes"),
    "settings read in passing": ("service/publish/planted.py", "import config.settings", "four edges"),
    "a demo blog that looks inside": ("service/demo/blog/planted.py", "import service.model", "is an outsider"),
    "a page that migrates": ("service/people/planted.py", "import service.migrations", "Only the command line"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_every_import_runs_downwards() -> None:
    said = lint(ROOT)
    assert said.returncode == 0, said.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house in another place, where faults may be planted."""
    folder = tmp_path_factory.mktemp("house")
    for room in ("config", "service", "workers"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(copy: Path, fault: str) -> None:
    where, line, contract = FAULTS[fault]
    planted = copy / where
    planted.write_text(f"{line}\n")
    try:
        said = lint(copy)
    finally:
        planted.unlink()
    broken = said.stdout.partition("Broken contracts")[2]
    module = where.removesuffix(".py").replace("/", ".")
    assert said.returncode != 0
    assert contract in broken and module in broken, said.stdout
