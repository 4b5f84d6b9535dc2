"""How the rooms below the fetch, called from within libraries, say that it can't go on."""

from __future__ import annotations

from service.values.reason import Reason


class Stopped(Exception):
    """A fetch can't go on, and why. It never leaves :mod:`workers.fetch`, which makes a value of it."""

    def __init__(self, code: str, **details: object):
        super().__init__(code)
        self.reason = Reason(code, details)


class Unconnected(Stopped):
    """No connection to the host came about."""
