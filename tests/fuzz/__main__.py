"""``python -m tests.fuzz scan --seconds 600``: looks for bytes that break a target, from its corpus on.

What reaches something new goes to ``build/fuzz/<target>/``, what breaks it to ``build/fuzz/<target>-broken-…``; both
are for a person to keep (tests/data/fuzz). ``--merge`` writes the smallest set of all that reaches as much.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["service", "workers", "urllib3", "http.client", "email", "mf2py", "bs4", "webencodings", "html"]
):
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parents[1] / "data" / "fuzz"
LONGEST = 4096


def main() -> None:
    given = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    given.add_argument("target", choices=TARGETS)
    given.add_argument("--seconds", type=int, default=600)
    given.add_argument("--merge", type=Path, metavar="FOLDER", help="write the smallest corpus there, and end")
    wanted, further = given.parse_known_args()
    found = Path("build/fuzz") / wanted.target
    found.mkdir(parents=True, exist_ok=True)
    kept = CORPUS / wanted.target
    kept.mkdir(parents=True, exist_ok=True)
    target = TARGETS[wanted.target]
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.writelines(f'"{_escaped(word)}"\n' for word in target.words)
        words.flush()
        options = [f"-dict={words.name}", f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=1500"]
        if further:
            # A merge runs each part of itself anew, with all that it was told itself.
            options = further
        elif wanted.merge:
            wanted.merge.mkdir(parents=True, exist_ok=True)
            options += ["-merge=1", "-use_counters=0", str(wanted.merge), str(kept), str(found)]
        else:
            options += [f"-max_total_time={wanted.seconds}", f"-artifact_prefix={found}-broken-"]
            options += ["-print_final_stats=1", str(found), str(kept)]
        atheris.Setup([f"{sys.executable} -m tests.fuzz {wanted.target}", *options], target.run)
        atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


main()
