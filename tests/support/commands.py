"""``reflections …`` as a user types it, with nobody else's settings: in a process of its own, or here at once."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from config.settings import PREFIX
from service.cli import cli
from tests.support.service import reflections


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line in which a command that failed says why."""
        assert self.status == 1, self
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def environ_with(**settings: str) -> dict[str, str]:
    """Our environment with these settings and no others."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIX) and name not in ("DATA", "PORT")
    }
    return ours | {PREFIX + name: value for name, value in settings.items()}


def command(
    *arguments: str | Path, cwd: Path | None = None, environ: dict[str, str] | None = None, **settings: str
) -> Said:
    """Runs the command to its end."""
    done = subprocess.run(
        [reflections(), *arguments],
        cwd=cwd,
        env=environ_with(**settings) | (environ or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def typed(*arguments: str | Path, **settings: str) -> Said:
    """Runs the command to its end in this process: a second less, for what it says of a database."""
    ours = dict.fromkeys(os.environ.keys() - environ_with().keys())
    given = {PREFIX + name: value for name, value in settings.items()}
    done = CliRunner().invoke(cli, [str(one) for one in arguments], env=ours | given, prog_name="reflections")
    return Said(done.exit_code, done.stdout, done.stderr)
