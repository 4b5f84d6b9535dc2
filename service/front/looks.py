"""Reads that memory cannot answer: one look at a time for the same address, and what stands in when it fails."""

from __future__ import annotations

import asyncio
from time import monotonic

from service.front.bridge import Answer, Bridge, Environ
from service.front.head import Refused
from service.front.held import FRESH, LATEST, STALE_IF_ERROR, Held, Key, Shelf

PATIENCE = 2.0
"""Seconds that a reader waits for a look where held bytes could be given instead: one that takes longer has failed.
Where nothing is held, as long as he waits for another's look before he asks for himself."""

OVERLOADED = 60.0
"""Seconds for which a held answer stands in while we have too much to do: database and Flask are well then, and what
was taken down since must not come back because many ask at once."""

_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")


class Looks:
    """What a ``GET`` or ``HEAD`` is answered with, from the shelf or by Flask."""

    def __init__(self, bridge: Bridge, shelf: Shelf) -> None:
        self._bridge = bridge
        self._shelf = shelf
        self._under_way: dict[Key, asyncio.Task[Held | Answer]] = {}

    async def find(self, key: Key, environ: Environ) -> Held | Answer:
        """A held answer, compared less than a second ago if Flask answers at all; else Flask's own to this reader.

        Only what is held is the same for everyone: another answer is given to nobody but him whose look it was.
        """
        held = self._shelf.entries.get(key)
        if held is not None and held.good_until > monotonic():
            return held
        look = self._under_way.get(key)
        mine = look is None
        if look is None:
            look = self._begin(key, environ, held)
        if held is not None and held.stands_until > monotonic():
            held.good_until = monotonic() + FRESH
            return held
        await asyncio.wait({look}, timeout=None if mine and held is None else PATIENCE)
        if not look.done() and held is not None:
            _stand_in(held, STALE_IF_ERROR)
            return held
        if mine or _is_held(look):
            return look.result()
        return await self._ask(key, environ)

    def _begin(self, key: Key, environ: Environ, held: Held | None) -> asyncio.Task[Held | Answer]:
        if held is not None:
            held.good_until = max(held.good_until, held.compared + LATEST)
            for condition in _CONDITIONS:
                environ.pop(condition, None)
        look = asyncio.get_running_loop().create_task(self._ask(key, environ))
        self._under_way[key] = look
        look.add_done_callback(lambda _: self._under_way.pop(key))
        return look

    async def _ask(self, key: Key, environ: Environ) -> Held | Answer:
        begun = monotonic()
        held = self._shelf.entries.get(key)
        try:
            answer = await self._bridge.ask(environ)
        except Refused:
            if held is None or not _stand_in(held, OVERLOADED):
                raise
            return held
        if answer.held is not None:
            return self._shelf.keep(key, answer.held, begun)
        if answer.status < 500:
            self._shelf.drop(key)
        elif held is not None and _stand_in(held, STALE_IF_ERROR):
            return held
        return answer


def _is_held(look: asyncio.Task[Held | Answer]) -> bool:
    return look.done() and look.exception() is None and isinstance(look.result(), Held)


def _stand_in(held: Held, longest: float) -> bool:
    """Give it on although Flask could not confirm it, until ``longest`` seconds after it last did; a look every
    ``FRESH`` seconds finds out when it can again. Whether that is still to come."""
    held.stands_until, now = held.compared + longest, monotonic()
    if held.stands_until <= now:
        return False
    held.good_until = now + FRESH
    return True
