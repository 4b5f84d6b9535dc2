"""A whole body in time, or none: what a client does with his side of the line holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from service.front.head import BODY_LIMIT, Refused
from service.front.rsgi import Line, Scope

SECONDS = 10.0
"""For a body as a whole, not between two of its bytes."""
SPILL = 4 * BODY_LIMIT
SPILL_SECONDS = 1.0
"""So much of a body that is too large is taken and thrown away, so long, for a client who only reads our refusal
once he has sent; past that the connection ends under him."""


async def whole_body(scope: Scope, line: Line, seconds: float = SECONDS) -> bytes:
    """The body, complete. Raises :class:`Refused`: 408 past ``seconds``, 413 past ``BODY_LIMIT``, 400 if broken."""
    headers = scope.headers
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return b""
    stream = _chunks(line)
    if length is not None and (len(length) > 9 or int(length) > BODY_LIMIT):
        if "expect" not in headers:
            await _pour_away(stream)
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            body = await _read(stream)
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {seconds:g} seconds.") from None
    if length is not None and len(body) != int(length):
        raise Refused(400, "The body is shorter than its length says.")
    return body


async def _chunks(line: Line) -> AsyncIterator[bytes]:
    """The body piece by piece; a line can be iterated once only, this in several goes."""
    async for chunk in line:
        yield chunk


async def _read(stream: AsyncIterator[bytes]) -> bytes:
    """All chunks up to the limit.

    granian gives an empty chunk at the end of a body, and one where it broke off or was malformed; only after the
    latter does another follow.
    """
    chunks: list[bytes] = []
    size = 0
    ended = False
    async for chunk in stream:
        if ended:
            raise Refused(400, "The body broke off or its chunks are malformed.")
        ended = not chunk
        size += len(chunk)
        if size > BODY_LIMIT:
            await _pour_away(stream)
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


async def _pour_away(stream: AsyncIterator[bytes]) -> None:
    left = SPILL
    with suppress(TimeoutError):
        async with asyncio.timeout(SPILL_SECONDS):
            async for chunk in stream:
                left -= len(chunk)
                if left <= 0:
                    return


def _too_large() -> Refused:
    return Refused(413, f"The body is larger than {BODY_LIMIT} bytes.")
