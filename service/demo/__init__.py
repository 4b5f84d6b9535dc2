"""The whole way on one page: a demo blog that a first start brings along, and ``/demo/``, which leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint


def blueprint() -> Blueprint:
    """``/demo/``."""
    # Not at the top: the demo blog's own process comes by here too, and knows neither Flask nor the database.
    from service.demo.lead import blueprint

    return blueprint()
