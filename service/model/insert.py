"""INSERT that gives way to a row that is there: both databases have it, each by a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from service.model.base import Base

GivingWay = sqlite.Insert | postgresql.Insert


def insert(session: Session, entity: type[Base]) -> GivingWay:
    """An INSERT into the entity's table that knows ``on_conflict_do_nothing()``.

    On PostgreSQL it waits for a transaction that has just written the same key, and sees how that one ends.
    """
    return postgresql.insert(_table(entity)) if dialect(session) == "postgresql" else sqlite.insert(_table(entity))


def giving_way(entity: type[Base]) -> Mapping[str, ReturningInsert[Any]]:
    """For each :func:`dialect` the INSERT that gives the new row's id, or nothing where a row was there already.
    Its values are its parameters.

    Built once and for all, because building one takes longer than running it.
    """
    table = _table(entity)
    return MappingProxyType({
        "sqlite": sqlite.insert(table).on_conflict_do_nothing().returning(table.c.id),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing().returning(table.c.id),
    })  # fmt: skip


def dialect(session: Session) -> str:
    """The name of the database's language."""
    return session.get_bind().dialect.name


def _table(entity: type[Base]) -> Table:
    table = entity.__table__
    assert isinstance(table, Table)
    return table
