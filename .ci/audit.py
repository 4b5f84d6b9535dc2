"""Asks for known holes in each locked package; fails where there is one, and where nobody could be asked.

``python .ci/audit.py LOCK…``. pip-audit ends with success also when it could look nothing up, so its answer is
counted: every package of a lock that this platform installs must be in it, and none may be skipped.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

TOOL = (
    sys.executable,
    "-m",
    "pip_audit",
    "--format=json",
    "--progress-spinner=off",
    "--require-hashes",
    "--disable-pip",
)


def main(locks: list[str]) -> int:
    return max([audit(Path(lock)) for lock in locks], default=1)


def audit(lock: Path) -> int:
    """0 where every package of the lock was looked up and none has a known hole."""
    said = subprocess.run(  # noqa: S603 - our own words
        [*TOOL, f"--requirement={lock}"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(said.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{lock}: nothing was audited: {said.stderr.strip()[-2000:]}", file=sys.stderr)
        return 1
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    holes = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    for package, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "no version"
        print(f"{lock}: {package['name']} {package['version']}: {hole['id']}, mended by {fixed}", file=sys.stderr)
    if skipped:
        print(f"{lock}: could not be looked up: {', '.join(skipped)}", file=sys.stderr)
    unconditional = re.findall(r"^([a-z0-9-]+)==\S+ \\$", lock.read_text(), flags=re.MULTILINE)
    unseen = set(unconditional) - {package["name"].lower().replace("_", "-") for package in packages}
    if unseen:
        print(f"{lock}: were not audited: {', '.join(sorted(unseen))}", file=sys.stderr)
    if holes or skipped or unseen or not packages:
        return 1
    print(f"{lock}: {len(packages)} packages, no known hole")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
