"""Published bytes: what a reader gets, made once for each version of a post."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from service.model.base import Base


class Published(Base):
    __tablename__ = "published"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    view: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Which page of the thread, in which form."""
    version: Mapped[int] = mapped_column()
    made_of: Mapped[str] = mapped_column(String(32))
    """A hash of all else that the bytes were made of."""
    etag: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    gzip: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Made when somebody asks again: most threads are read once in a version."""
    brotli: Mapped[bytes | None] = mapped_column(LargeBinary)
