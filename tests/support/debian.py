"""Brings the Debian packages of ``debian.txt`` onto the machine: ``python -m tests.support.debian``.

Does nothing where all are there. Where it may not install (not root, not Debian) it says what is missing and ends
with success: the tests that need it then say so themselves, as failures where ``CI=true``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

LIST = Path(__file__).with_name("debian.txt")
ATTEMPTS = 4


def main() -> int:
    return bring(listed(LIST))


def listed(file: Path) -> list[str]:
    """The packages that a file names, one a line."""
    return [line.strip() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]


def bring(wanted: Sequence[str]) -> int:
    """Installs what is missing of these packages, where that may be done; 0 unless it was tried and failed."""
    missing = [package for package in wanted if not installed(package)]
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not on this machine, and only root on Debian may install them: {' '.join(missing)}", file=sys.stderr)
        return 0
    print(f"Installing from Debian: {' '.join(missing)}", flush=True)
    # The lists may be old, and a mirror may stumble: both heal by asking again.
    for attempt in range(1, ATTEMPTS + 1):
        if apt("update") and apt("install", "--yes", "--no-install-recommends", *missing):
            return 0
        print(f"apt-get failed ({attempt} of {ATTEMPTS})", file=sys.stderr, flush=True)
        threading.Event().wait(5 * attempt)
    print(f"could not install from Debian: {' '.join(missing)}", file=sys.stderr)
    return 1


def installed(package: str) -> bool:
    """Whether dpkg knows the package as installed, or another that provides it."""
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package} ${Provides}\n"]
    said = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    present = [line.split(" ", 1)[1] for line in said.splitlines() if line.startswith("installed ")]
    names = {name.split(" ")[0] for line in present for name in line.replace(",", "\n").replace(" ", "\n").split("\n")}
    return package in names


def apt(*arguments: str) -> bool:
    # At run level 1 no server is started by being installed.
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "--quiet=2", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", *arguments]
    return subprocess.run(command, env=environ, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
