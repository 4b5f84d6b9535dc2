"""An emptied database and an app that is up already are as good as new ones here."""

from tests.support.emptied import app, database_url, engine

__all__ = ["app", "database_url", "engine"]
