"""What else is here of an item's host and of its author: the newest few, and the search that lists them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.moderate.asked import Asked
from service.moderate.item import Item
from service.moderate.items import AT_A_GLANCE, page
from service.people.roles import Reach

MOST = 10


@dataclass(frozen=True, slots=True)
class Others:
    """Other items that have something in common with one."""

    of: str
    """``host`` or ``author``."""
    called: str
    items: Sequence[Item]
    listed: Asked
    """What lists all of them."""
    more: bool
    """Whether there are more of them."""


def others(session: Session, reach: Reach, item: Item) -> list[Others]:
    """Those of its host, and those of its author as far as an address or a name tells; none where there are none."""
    version = item.version
    author = (version.author_url or version.author_name) if version else ""
    searches = {
        "author": (item.author, Asked(author=author, site=item.site_id) if author else None),
        "host": (item.host or "", Asked(host=item.host, site=item.site_id) if item.host else None),
    }
    found = []
    for of, (called, listed) in searches.items():
        if listed is None:
            continue
        some = [one for one in page(session, reach, listed, MOST + 2, AT_A_GLANCE).items if one.uid != item.uid]
        if some:
            found.append(Others(of, called, some[:MOST], listed, len(some) > MOST))
    return found
