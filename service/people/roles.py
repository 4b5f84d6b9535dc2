"""Roles: who somebody is, and on which sites he decides. The answer is part of the query that looks for an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_login import UserMixin
from sqlalchemy import ColumnElement, select, true

from service.model import ModeratorSite

OWNER = "owner"
MODERATOR = "moderator"
ROLES = (OWNER, MODERATOR)

Reach = Callable[[Any], ColumnElement[bool]]
"""Given a column that holds a site's id: the condition that it is a site on which one decides."""


@dataclass(frozen=True, slots=True, eq=False)
class Person(UserMixin):  # type: ignore[misc]
    """Somebody who signed in, with this browser."""

    id: int
    name: str
    role: str
    csrf: str
    """What each form of this session carries."""
    began: datetime
    """When he signed in here."""

    @property
    def is_owner(self) -> bool:
        return self.role == OWNER

    @property
    def reach(self) -> Reach:
        """An owner decides everywhere, a moderator on the sites that were given to him."""
        return everywhere if self.is_owner else sites_of(self.id)


def everywhere(_column: Any) -> ColumnElement[bool]:
    """Every site."""
    return true()


def sites_of(moderator_id: int) -> Reach:
    """The sites that a moderator was given, as they are when the query runs."""

    def reach(column: Any) -> ColumnElement[bool]:
        given = select(ModeratorSite.site_id).where(ModeratorSite.moderator_id == moderator_id)
        condition: ColumnElement[bool] = column.in_(given)
        return condition

    return reach


def site_alone(site_id: int) -> Reach:
    """One site: that of a site's token."""

    def reach(column: Any) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = column == site_id
        return condition

    return reach
