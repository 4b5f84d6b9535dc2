"""One round of learning, from its own side: reads where the database is, and which sites are to be learned, as one line
of JSON; writes their weights; ends."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.model import weights
from service.model.engine import create, written
from workers.learning import fit
from workers.learning.lessons import last, lessons

log = structlog.get_logger(__name__)


def main() -> None:
    """Learns what it is told to."""
    told = json.loads(sys.stdin.readline())
    engine = create(told["database"])
    for site_id in told["sites"]:
        learn(engine, site_id)
    engine.dispose()


def learn(engine: Engine, site_id: int) -> bool:
    """Learns a site's decisions and keeps what came of it; whether there were enough."""
    with Session(engine) as session:
        newest = last(session, site_id)
        decided = list(lessons(session, site_id))
    if not fit.enough(decided):
        return False
    model, past = fit.fit(decided), fit.past(decided)
    now = datetime.now(UTC)
    written(engine, lambda session: weights.keep(session, site_id, model, past, len(decided), newest, now))
    return True


if __name__ == "__main__":
    main()
