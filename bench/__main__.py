"""``make bench``: every group of rows, or ``--only`` one; ``--quick`` shows that it works, and proves nothing."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import deciding, machine, moderating, reading, taking_in, triage, verifying
from bench.scale import QUICK, WHOLE, Scale
from bench.table import Section, lines, verdict

GROUPS: Mapping[str, Callable[[Scale, Path], Section]] = {
    "reading": reading.measure,
    "taking-in": taking_in.measure,
    "verifying": verifying.measure,
    "moderating": moderating.measure,
    "triage": triage.measure,
    "deciding": deciding.measure,
}


def main() -> None:
    """Measure and print, group by group."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What we reach, beside our peers.")
    parser.add_argument("--only", choices=list(GROUPS), help="one group of rows")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that it works")
    asked = parser.parse_args()
    machine.prepare()
    print(machine.described(), flush=True)
    sections = []
    for name in [asked.only] if asked.only else GROUPS:
        with tempfile.TemporaryDirectory(prefix="reflections-bench-") as folder:
            section = GROUPS[name](QUICK if asked.quick else WHOLE, Path(folder))
        print("", *lines(section), sep="\n", flush=True)
        sections.append(section)
    print("", verdict(sections), sep="\n")


if __name__ == "__main__":
    main()
