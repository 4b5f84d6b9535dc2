"""The one door for all protocols: a claim becomes an item that is due, committed before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from service.bell import Bell
from service.database import Kind, let_go, write_one
from service.limits import Limits, Try
from service.receive.claim import Claim
from service.receive.taking import Admitted, Receipt, take
from service.values.reason import Refused


class Intake:
    """Takes claims under the limits, and wakes the workers."""

    def __init__(self, limits: Limits, bell: Bell) -> None:
        self._limits = limits
        self._bell = bell
        self._claims = Kind(take, self._admit)

    def receive(self, claim: Claim, patience: float | None = None) -> Receipt:
        """The receipt of a claim, once it is committed; :class:`Refused` where it is not taken.

        A database that does not write within ``patience`` seconds raises as in :func:`service.database.write`.
        """
        let_go()
        receipt = write_one(self._claims, claim, patience)
        self._bell.ring("verify")
        return receipt

    def _admit(self, claims: Sequence[Claim]) -> Sequence[Admitted | Refused]:
        turns = self._limits.count([Try(claim.sender, claim.source.domain) for claim in claims])
        return [
            Admitted(claim, timedelta(seconds=turn.delay))
            if turn.retry_after is None
            else Refused("too_many", retry_after=turn.retry_after)
            for claim, turn in zip(claims, turns, strict=True)
        ]
