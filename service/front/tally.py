"""What the door has done since it opened, for the metrics: plain numbers, because the fast way counts too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Tally(Collector):
    """Answers from memory, and requests refused at the door by status; each web process counts its own."""

    def __init__(self) -> None:
        self.held = 0
        self.refused: Counter[int] = Counter()

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The numbers in Prometheus' form."""
        process = str(os.getpid())
        held = CounterMetricFamily("reflections_held_answers", "Answers given from memory.", labels=["process"])
        held.add_metric([process], self.held)
        yield held
        refused = CounterMetricFamily(
            "reflections_refused_requests", "Requests refused at the door.", labels=["process", "status"]
        )
        for status, number in sorted(self.refused.items()):
            refused.add_metric([process, str(status)], number)
        yield refused
