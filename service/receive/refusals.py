"""Whatever goes wrong in this room becomes one refusal, and each endpoint says it in its protocol's own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import RequestEntityTooLarge

from service.values.reason import Refused

BUSY = 5
"""Seconds after which a database that could not be written to may be asked again."""

_FULL = ("disk is full", "No space left on device")

Form = Callable[[Refused], Response]


def register(room: Blueprint, forms: Mapping[str, Form]) -> None:
    """Gives the room its handlers. ``forms``: endpoint → how it says a refusal.

    A database that is away, locked, full or read-only is no error of the sender's.
    """

    def refuse(refusal: Refused) -> Response:
        return forms[request.endpoint or ""](refusal)

    def busy(failed: Exception) -> Response:
        current_app.logger.warning("%s without the database: %s", request.endpoint, failed)
        full = any(mark in str(failed) for mark in _FULL)
        return refuse(Refused("no_space" if full else "busy", retry_after=BUSY))

    def too_large(_: RequestEntityTooLarge) -> Response:
        return refuse(Refused("too_large"))

    room.register_error_handler(Refused, refuse)
    room.register_error_handler(RequestEntityTooLarge, too_large)
    for away in (OperationalError, InterfaceError, InternalError, NoConnection, TimeoutError):
        room.register_error_handler(away, busy)
