"""What jobs do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from babel.numbers import format_decimal

from service.languages import gettext, ngettext, spoken
from service.model import Batch
from service.model.batch import UNDO
from service.values.state import State

LEFT: Mapping[str, str] = MappingProxyType({
    "moved": "Somebody decided about them, or they were withdrawn, since they were listed.",
    "newer": "Their source says something newer since they were listed.",
    "not_allowed": "Nothing of them can be taken back.",
    "broken": "Something went wrong with them on the server.",
    "stopped": "They were not done any more when the job was stopped.",
})  # fmt: skip
"""Why an item is left as it was; said by gettext."""


def left(why: str) -> str:
    """Why these were left."""
    return gettext(LEFT[why])


def heading(job: Batch) -> str:
    """``Marking 5,000 items as spam``, or when it is done ``Marked 4,988 items as spam``."""
    return _doing(job.what, job.listed) if job.working else _did(job.what, job.done)


def _doing(what: str, number: int) -> str:
    count = format_decimal(number, locale=spoken().replace("-", "_"))
    return {
        State.APPROVED: ngettext("Approving %(count)s item", "Approving %(count)s items", number, count=count),
        State.REJECTED: ngettext("Rejecting %(count)s item", "Rejecting %(count)s items", number, count=count),
        State.SPAM: ngettext("Marking %(count)s item as spam", "Marking %(count)s items as spam", number, count=count),
        State.PENDING: ngettext(
            "Putting %(count)s item back among what waits",
            "Putting %(count)s items back among what waits",
            number,
            count=count,
        ),
        UNDO: ngettext(
            "Putting %(count)s item back where it was",
            "Putting %(count)s items back where they were",
            number,
            count=count,
        ),
    }[what]


def _did(what: str, number: int) -> str:
    count = format_decimal(number, locale=spoken().replace("-", "_"))
    return {
        State.APPROVED: ngettext("Approved %(count)s item", "Approved %(count)s items", number, count=count),
        State.REJECTED: ngettext("Rejected %(count)s item", "Rejected %(count)s items", number, count=count),
        State.SPAM: ngettext("Marked %(count)s item as spam", "Marked %(count)s items as spam", number, count=count),
        State.PENDING: ngettext("%(count)s item waits again", "%(count)s items wait again", number, count=count),
        UNDO: ngettext(
            "%(count)s item is back where it was", "%(count)s items are back where they were", number, count=count
        ),
    }[what]
