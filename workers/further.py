"""The further pages that a visit asks for once its source was read: its author's, and one that vouches for it.

Neither decides anything, and an item is never the worse for one that can't be read. What an author's page said, if only
that it can't be read, is known for a day. Who vouches is asked for each new item that names him, and only where
something of his host is up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, aliased

from service.model import Reflection, author_page
from service.model.engine import written
from service.values.address import Address, stored
from service.values.entry import Author
from service.values.evidence import Vouch, Vouching
from service.values.page import Page
from service.values.reading import Reading
from service.values.state import State
from workers.child import Child
from workers.due import Visit


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """The author's page, where the source names nothing else of him (https://indieweb.org/authorship-spec)."""

    address: Address

    def ask(self, child: Child, page: Page) -> Author | None:
        return child.author(page, self.address)

    def told(self, reading: Reading, found: object) -> Reading:
        """The reading with what the page told."""
        author = found if isinstance(found, Author) else reading.entry.author
        return replace(reading, entry=replace(reading.entry, author=author), wants=None)


@dataclass(frozen=True, slots=True)
class Voucher:
    """The page that its sender says vouches for the source (https://indieweb.org/Vouch)."""

    address: Address
    domain: str
    """The source's: the page must link to it."""

    def ask(self, child: Child, page: Page) -> bool | None:
        return child.vouches(page, self.domain)

    def told(self, reading: Reading, found: object) -> Reading:
        """The reading with whether the page links."""
        if not isinstance(found, bool):
            return _vouched(reading, self.address, Vouching.UNREAD)
        return _vouched(reading, self.address, Vouching.LINKS if found else Vouching.SILENT)


FurtherPage = AuthorPage | Voucher


def next_page(engine: Engine, visit: Visit, reading: Reading, now: datetime) -> tuple[Reading, FurtherPage | None]:
    """The page that is still to be fetched, if there is one, and the reading with what is known without it."""
    wanted = stored(reading.wants)
    if wanted is not None:
        with Session(engine) as session:
            author = author_page.known(session, wanted, now)
        if author is None:
            return reading, AuthorPage(wanted)
        reading = AuthorPage(wanted).told(reading, author)
    if visit.vouch is not None and visit.host is not None and reading.evidence.vouch is None:
        if _is_trusted(engine, visit, visit.vouch):
            return reading, Voucher(visit.vouch, visit.host)
        reading = _vouched(reading, visit.vouch, Vouching.STRANGER)
    return reading, None


def keep(engine: Engine, page: FurtherPage, found: object, now: datetime) -> None:
    """Keeps what the page told for others who name it."""
    if isinstance(page, AuthorPage):
        author = found if isinstance(found, Author) else Author()
        written(engine, lambda session: author_page.keep(session, page.address, author, now))


def _is_trusted(engine: Engine, visit: Visit, voucher: Address) -> bool:
    """Whether something of the voucher's host is up on the item's site; nobody vouches for himself."""
    if voucher.domain == visit.host:
        return False
    other = aliased(Reflection)
    up = (
        select(other.id)
        .join(Reflection, Reflection.site_id == other.site_id)
        .where(Reflection.id == visit.item, other.host == voucher.domain, other.state == State.APPROVED)
    )
    with Session(engine) as session:
        return session.scalar(up.limit(1)) is not None


def _vouched(reading: Reading, voucher: Address, says: Vouching) -> Reading:
    return replace(reading, evidence=replace(reading.evidence, vouch=Vouch(voucher.url, says)))
