"""An emptied database is as good as a new one here."""

from tests.support.emptied import database_url, engine

__all__ = ["database_url", "engine"]
