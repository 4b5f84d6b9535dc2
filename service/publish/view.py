"""Which part of a thread somebody asks for: page, size, order, or the replies of one item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

SIZE = 50
"""Items of the first level on a page, unless asked otherwise."""

LARGEST = 500
LAST_PAGE = 1_000_000

Order = Literal["oldest", "newest"]


@dataclass(frozen=True, slots=True)
class View:
    """One page of a thread."""

    page: int = 1
    size: int = SIZE
    order: Order = "oldest"
    under: str | None = None
    """The item whose replies are the first level here."""
    skip: int = 0
    """So many of them are known to whoever asks."""

    @property
    def offset(self) -> int:
        return self.skip + (self.page - 1) * self.size

    @property
    def name(self) -> str:
        """What tells it from the other views of one post."""
        return f"{self.order}-{self.size}-{self.page}-{self.under or ''}-{self.skip}"

    @property
    def usual(self) -> bool:
        """Whether many ask for it, so that its bytes are worth keeping: nobody fills the database with odd ones."""
        return self.size in (SIZE, LARGEST) and self.page == 1 and self.skip == 0 and self.under is None

    @property
    def is_beginning(self) -> bool:
        """Whether nothing of the thread stands before it or beside it."""
        return self.under is None and self.offset == 0

    @property
    def query(self) -> Mapping[str, str]:
        """What an address has to say to mean this view."""
        said = {"page": self.page, "size": self.size, "order": self.order, "under": self.under, "skip": self.skip}
        usual = {"page": 1, "size": SIZE, "order": "oldest", "under": None, "skip": 0}
        return {name: str(value) for name, value in said.items() if value != usual[name]}

    def next(self) -> View:
        return replace(self, page=self.page + 1)

    def previous(self) -> View:
        return replace(self, page=self.page - 1)

    def whole(self) -> View:
        """The thread from its beginning."""
        return View(order=self.order)

    def rest(self, uid: str, shown: int) -> View:
        """The replies of an item after the first ``shown``."""
        return View(under=uid, skip=shown)
