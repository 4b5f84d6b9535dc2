"""Whatever is killed, whenever: what was accepted reaches its final state, once. `make drill` kills many more."""

from __future__ import annotations

from pathlib import Path

from tests.support import parts
from tests.support.flight import flight
from tests.support.kills import kills
from tests.support.service import whole
from tests.support.web import Web


def test_two_hundred_webmentions_survive_twenty_kills(tmp_path: Path, web: Web) -> None:
    with whole(tmp_path) as run, flight(run, web, count=200) as under_way:

        def kill(part: str) -> bool:
            killed = parts.kill(run.process.pid, part)
            if killed and part == "verify":
                under_way.leases_end()  # the drills have the time to wait
            return killed

        for _ in kills(20, sorted(parts.PARTS), kill, pause=0.25):
            under_way.send(10)
        under_way.lands()
        assert run.process.poll() is None
