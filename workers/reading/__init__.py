"""Bytes → what we saw and what their author says. Pure: no network, no clock, no settings; limits stand at the top
of the rooms that need them.

The order is one of trust: :mod:`prefilter` may only say that a link is absent, :mod:`links` decides, and only then
is a tree built (:mod:`document`) for the h-entry (:mod:`hentry`) or for what a plain page tells (:mod:`plain`).
"""

from __future__ import annotations

from collections.abc import Sequence

from service.values.address import Address
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading.reading import Verdict
from workers.reading.sources import judge

__all__ = ["Reading", "Verdict", "judge", "read"]


def read(page: Page, targets: Sequence[Address]) -> Reading | Failure:
    """The page, read as a source of any of the targets, which are all forms in which its post was named.

    A failure is ``no_link``, ``bot_wall``, ``gone`` (the page says so itself), ``unsupported_type``,
    ``malformed_answer`` or ``too_heavy`` (JSON alone). It can cost seconds and 256 MiB, so a stranger's page is read by
    :class:`workers.child.Child`.
    """
    verdict = judge(page, targets)
    return verdict if isinstance(verdict, Failure) else verdict.whole()
