"""INSERT that gives way to a row that is there: both databases have it, each by a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from service.model.base import Base

GivingWay = sqlite.Insert | postgresql.Insert


def insert(session: Session, entity: type[Base]) -> GivingWay:
    """An INSERT into the entity's table that knows ``on_conflict_do_nothing()``.

    On PostgreSQL it waits for a transaction that has just written the same key, and sees how that one ends.
    """
    return postgresql.insert(_table(entity)) if dialect(session) == "postgresql" else sqlite.insert(_table(entity))


def giving_way(entity: type[Base], *columns: str) -> Mapping[str, Insert]:
    """For each :func:`dialect` the INSERT that gives these columns of each new row, and nothing of one that was there
    already. Its parameters are the rows.

    Built once and for all, because building one takes longer than running it.
    """
    table = _table(entity)
    given = [table.c[name] for name in columns]
    inserts: Mapping[str, GivingWay] = {"sqlite": sqlite.insert(table), "postgresql": postgresql.insert(table)}
    giving: Mapping[str, Insert] = {name: insert.on_conflict_do_nothing() for name, insert in inserts.items()}
    return MappingProxyType({name: insert.returning(*given) if given else insert for name, insert in giving.items()})


def dialect(session: Session) -> str:
    """The name of the database's language."""
    return session.get_bind().dialect.name


def _table(entity: type[Base]) -> Table:
    table = entity.__table__
    assert isinstance(table, Table)
    return table
