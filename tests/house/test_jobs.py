"""What the web side enqueues by name is there on the workers' side."""

from __future__ import annotations

import pytest
from rq.utils import import_attribute

from service.bell import JOBS


@pytest.mark.parametrize("queue", JOBS)
def test_a_name_that_is_enqueued_is_a_function(queue: str) -> None:
    function = import_attribute(JOBS[queue])
    assert callable(function)
    assert function.__module__ == "workers.jobs"
