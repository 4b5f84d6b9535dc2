"""What waits, folded up: the newest of it as rows, each an item or several that belong together.

A page holds :data:`WINDOW` items, all of them shown, and folds are among these: so a page that was turned has shown
each item once, and nothing hides in a fold that began on another page.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from service.decide.folds import Bond, Leaf, Standing, folds
from service.decide.subject import home
from service.moderate import items
from service.moderate.asked import Asked
from service.moderate.difference import Apart, apart
from service.moderate.item import Item
from service.people.roles import Reach
from service.values.address import stored
from service.values.state import Relation

WINDOW = 200
"""Items of a page."""

_RESPONSES = frozenset({Relation.LIKE, Relation.REPOST, Relation.BOOKMARK, Relation.RSVP})
"""What says all by being there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item, or several that belong together."""

    items: Sequence[Item]
    bond: Bond | None = None

    @property
    def first(self) -> Item:
        return self.items[0]

    @property
    def same(self) -> bool:
        """Whether all of them say the same, word for word."""
        return all(self.same_text(item) for item in self.items)

    def same_text(self, item: Item) -> bool:
        """Whether an item says the same as the first."""
        return item.says == self.first.says

    @property
    def wordless(self) -> bool:
        """Whether its items say all by being there."""
        return _wordless(self.first)

    @property
    def spam(self) -> bool:
        """Whether triage holds its first for spam."""
        return bool(_leaf(self.first).sure)

    def apart(self, item: Item) -> Apart | None:
        """What an item says where the first says something else, if all of them say nearly the same."""
        return apart(self.first.says, item.says) if self.bond is Bond.TEXT and not self.same_text(item) else None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue."""

    rows: Sequence[Row]
    next: int | None = None
    """``after`` of the next page, if there is one."""

    @property
    def weighed(self) -> bool:
        """Whether triage has weighed any of it."""
        return any(item.version and item.version.spam is not None for row in self.rows for item in row.items)

    def around(self, place: int) -> tuple[Row | None, Row | None, Row | None]:
        """The row before, the one at this place, and the one after it."""
        before, at, after = [None, *self.rows, None, None][place : place + 3]
        return before, at, after


def page(session: Session, reach: Reach, asked: Asked) -> Page:
    """What waits of what somebody asks for."""
    listed = items.page(session, reach, asked, WINDOW, items.AT_A_GLANCE)
    found = folds([_leaf(item) for item in listed.items])
    return Page([Row([listed.items[place] for place in fold.places], fold.bond) for fold in found], listed.next)


def at(session: Session, reach: Reach, asked: Asked, item: int | None) -> tuple[Asked, Page, int]:
    """The page with the row of this item, or with the first row behind where it was; what is asked for to get that
    page, and the row's place on it. Behind the last one it begins anew."""
    found = page(session, reach, asked)
    if item is None:
        return asked, found, 0
    behind = set(items.head(session, reach, replace(asked, after=item), WINDOW))
    place = next(
        (place for place, row in enumerate(found.rows) if row.first.id == item or row.first.uid in behind), None
    )
    if place is None and found.next is not None:
        older = replace(asked, after=found.next)
        return older, page(session, reach, older), 0
    return asked, found, place or 0


def unfolded(page: items.Page) -> Page:
    """A page of another list, on which each item stands alone."""
    return Page([Row([item]) for item in page.items], page.next)


def _leaf(item: Item) -> Leaf:
    record, wordless = item.record, _wordless(item)
    return Leaf(
        site=item.site_id,
        text="" if wordless else item.says,
        place=_place(item, wordless),
        wordless=wordless,
        asks=item.changed,
        hidden=item.look.hidden is not None,
        standing=Standing.of(record.approved, record.rejected + record.spam),
        spam=item.version.spam if item.version else None,
    )


def _wordless(item: Item) -> bool:
    return item.type in _RESPONSES and not (item.version and item.version.words)


def _place(item: Item, wordless: bool) -> Hashable:
    """One author's place, or what comes through one host without words; a comment has none: its name is but typed."""
    if item.page is None:
        return None
    author = stored(item.look.author)
    return home(item.page, author), item.type if wordless else item.author
