"""What authors' pages said of their owners, for a day: a page that many sources name is asked once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.model.base import Base, Moment
from service.model.insert import insert
from service.values.address import Address
from service.values.entry import Author

GOOD = timedelta(days=1)
"""How long what a page said is taken for true."""

NOTHING = timedelta(hours=1)
"""How long a page is left alone that said nothing, or could not be read."""


class AuthorPage(Base):
    """One page that sources name as their author's."""

    __tablename__ = "author_page"

    url: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    """Empty where it names nobody."""
    photo: Mapped[str | None] = mapped_column(Text)
    good_until: Mapped[datetime] = mapped_column(Moment, index=True)


def known(session: Session, page: Address, now: datetime) -> Author | None:
    """Who the page named when it was read lately; ``None`` where it was not."""
    found = session.scalar(select(AuthorPage).where(AuthorPage.url == page.page, AuthorPage.good_until > now))
    return Author(found.name, page.url, found.photo) if found is not None else None


def keep(session: Session, page: Address, author: Author, now: datetime) -> None:
    """Keeps whom the page names; what was kept of others for too long goes."""
    session.execute(delete(AuthorPage).where(AuthorPage.good_until <= now))
    said = {"name": author.name, "photo": author.photo, "good_until": now + (GOOD if author.name else NOTHING)}
    given = insert(session, AuthorPage).values(said | {"url": page.page})
    session.execute(given.on_conflict_do_update(index_elements=["url"], set_=said))
