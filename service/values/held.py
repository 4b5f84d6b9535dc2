"""A published answer that the door may keep and give again without asking the pages."""

from __future__ import annotations

from dataclasses import dataclass

HOLD = "reflections.hold"
"""The key of the WSGI environ under which the door offers its ``hold(answer)``; absent where no door is in front."""


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """One answer in the forms that readers ask for.

    Only what hangs on the request's path and query alone may be held: the same for every reader, whatever
    cookies, ``Accept`` or ``Origin`` he sends. The door compares tags, chooses the encoding, answers ``HEAD`` and
    ``304`` by itself; within a second it asks again, so whoever offers an answer has just compared its version.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    """Without ``ETag``, ``Content-Length`` and ``Content-Encoding``, which the door adds."""
    etag: str
    """A strong tag of ``body``, quotes included (RFC 9110 8.8.3)."""
    body: bytes
    gzip: bytes | None = None
    br: bytes | None = None

    @property
    def size(self) -> int:
        """The bytes of its bodies."""
        return len(self.body) + len(self.gzip or b"") + len(self.br or b"")
