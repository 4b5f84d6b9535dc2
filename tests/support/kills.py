"""Kills at random moments, the same ones each time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence

from tests.support.waiting import until

SEED = 20111014
PATIENCE = 60.0


def kills(times: int, names: Sequence[str], kill: Callable[[str], bool], pause: float) -> Iterator[str]:
    """Kills so many, one after another, each once first and then whom chance names. Says who is the next: time to send
    something that he will be busy with.

    ``kill`` says whether there was one to kill: who is just being started again can't be, and another dies for him.
    """
    chance, rest = random.Random(SEED), threading.Event()
    for number in range(times):
        victims = [names[number]] if number < len(names) else chance.sample(names, len(names))
        yield victims[0]
        rest.wait(chance.uniform(0.2, 1.8) * pause)
        until(lambda victims=victims: any(map(kill, victims)), PATIENCE, f"there is none of {victims} to be killed")
