"""A bare RSGI function under the same granian as our door, with the same answers: what a door can reach at best.

``python -m bench.bare FOLDER PORT``: each file of the folder is an answer, ``NAME`` its body and ``NAME.headers`` its
headers as JSON. A figure of its own counts for nothing: it checks nothing, and never looks whether something changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from bench.server import server
from service.front.door import Door
from service.front.listen import listen, serve
from service.front.rsgi import Headers, Line, Scope
from tests.support.waiting import free_port


class Bare:
    """Answers with bytes in memory."""

    def __init__(self, folder: Path) -> None:
        self._given = {
            f"/{file.stem}": (
                [(name, value) for name, value in json.loads(file.read_text())],
                file.with_suffix("").read_bytes(),
            )
            for file in folder.glob("*.headers")
        }

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        headers, body = self._given[scope.path]
        line.response_bytes(200, headers, body)


@contextmanager
def bare(folder: Path, given: dict[str, tuple[Headers, bytes]]) -> Iterator[str]:
    """Such a function that gives these answers; its address."""
    folder.mkdir()
    for name, (headers, body) in given.items():
        (folder / name).write_bytes(body)
        (folder / f"{name}.headers").write_text(json.dumps(list(headers)))
    port = free_port()
    with server([sys.executable, "-m", "bench.bare", str(folder), str(port)], port, folder / "log") as url:
        yield url


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    serve(lambda: cast("Door", Bare(folder)), listen("127.0.0.1", port), 1, {})


if __name__ == "__main__":
    main()
