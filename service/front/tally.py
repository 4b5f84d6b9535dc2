"""What the door has done since it opened, for the metrics: plain numbers, because the fast way counts too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Tally(Collector):
    """Answers from memory, and requests refused at the door by status."""

    def __init__(self) -> None:
        self.held = 0
        self.refused: Counter[int] = Counter()

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The numbers in Prometheus' form."""
        yield CounterMetricFamily("reflections_held_answers", "Answers given from memory.", value=self.held)
        refused = CounterMetricFamily(
            "reflections_refused_requests", "Requests refused at the door.", labels=["status"]
        )
        for status, number in sorted(self.refused.items()):
            refused.add_metric([str(status)], number)
        yield refused
