"""Being told to stop, without what a signal handler may not touch.

A handler runs between two steps of the main thread, which may be holding the very lock that an ``Event`` needs. So it
only puts the signal into a queue that may be entered twice, and a thread that waits there sets the event.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Those that ask us to end."""

Handler = Callable[[int, FrameType | None], None]


def handler_that_sets(stop: Event) -> Handler:
    """A signal handler that sets ``stop``, soon."""
    told: SimpleQueue[int] = SimpleQueue()

    def wait() -> None:
        told.get()
        stop.set()

    Thread(target=wait, name="told", daemon=True).start()
    return lambda number, _frame: told.put(number)


def listen(handler: Handler) -> None:
    """Hand what asks us to end to ``handler``; who was started by ``nohup`` outlives his terminal."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def set_when_told(stop: Event) -> None:
    """Set ``stop`` when we are asked to end."""
    listen(handler_that_sets(stop))
