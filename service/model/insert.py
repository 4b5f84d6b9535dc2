"""INSERT that gives way to a row that is there: both databases have it, each by a name of its own."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.model.base import Base

GivingWay = sqlite.Insert | postgresql.Insert


def insert(session: Session, entity: type[Base]) -> GivingWay:
    """An INSERT into the entity's table that knows ``on_conflict_do_nothing()``.

    On PostgreSQL it waits for a transaction that has just written the same key, and sees how that one ends.
    """
    table = entity.__table__
    assert isinstance(table, Table)
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
