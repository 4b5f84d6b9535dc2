"""What a search finds items by: the words of every revision of an item, its authors' and its source's, without markup.

They are written in the transaction that writes a revision, by whatever writes it, and go in the one that erases or
deletes the item. Both databases index the same words (:mod:`service.decide.search`), SQLite by FTS5
(``words_index``, which is written here), PostgreSQL by a GIN index over a column that it makes of them itself
(``words.tokens``); the migration makes both. A row written past the ORM has no words.

An item has none until its source was read. What the newest revision is (a reply, a like) and how the item came are
words with a mark that no text can have, so that they are searched for like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    ForeignKey,
    FromClause,
    Integer,
    Text,
    and_,
    cast,
    column,
    delete,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.decide.search import MOST_WORDS, Term, terms, words
from service.model.base import Base
from service.model.event import Event
from service.model.insert import dialect
from service.model.post import Post
from service.model.reflection import Reflection
from service.model.revision import Revision
from service.values.evidence import Evidence
from service.values.state import Kind, State

# Private use: no letters (Unicode 23.5).
_BY, _KIND, _TYPE = "\ue000", "\ue001", "\ue002"
_OF_NOW = (_KIND, _TYPE)


class Words(Base):
    __tablename__ = "words"

    reflection_id: Mapped[int] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"), primary_key=True)
    said: Mapped[str] = mapped_column(Text)
    """The words, each once, with a space on either side."""


_words = Words.__table__
_fts5 = table("words_index", column("rowid", Integer), column("words_index", Text))
_tokens: ColumnElement[Any] = column("tokens", TSVECTOR)
_KNOWN = select(Reflection.kind, Reflection.source, Words.said).outerjoin(
    Words, Words.reflection_id == Reflection.id
)  # fmt: skip


def said(what: str) -> tuple[Term, ...]:
    """Words that an item says."""
    return terms(what)


def written_by(name: str) -> tuple[Term, ...]:
    """Words of an author's name or address."""
    return terms(name, _BY)


def of_kind(kind: Kind) -> Term:
    """How an item came."""
    return Term(_KIND + kind)


def of_type(what: str) -> Term:
    """What an item is to its post: ``comment``, or the relation of its newest revision."""
    return Term(_TYPE + what)


def has(item: ColumnElement[int], wanted: Sequence[Term]) -> ColumnElement[bool]:
    """Whether an item has all these words, read from its own row."""
    return select(_all_in(Words.said, wanted)).where(Words.reflection_id == item).scalar_subquery()


def post_has(wanted: Sequence[Term]) -> ColumnElement[bool]:
    """Whether a post has all these words in its title and address."""
    return _all_in(Post.said, wanted)


def found(session: Session, wanted: Sequence[Term]) -> FromClause:
    """The ``id`` of every item that has all these words, from the index, which can be read the newest first and no
    further than one likes."""
    if dialect(session) == "sqlite":
        matches = _fts5.c.words_index.op("MATCH")(" AND ".join(f'"{one.word}"{" *" * one.begins}' for one in wanted))
        return select(_fts5.c.rowid.label("id")).where(matches).subquery("found")
    query = " & ".join(f"'{one.word}'{':*' * one.begins}" for one in wanted)
    matches = _tokens.op("@@")(cast(literal(query), TSQUERY))
    from_index = select(_words.c.reflection_id.label("id")).where(matches).cte("matching")
    matching = from_index.prefix_with("MATERIALIZED", dialect="postgresql")
    # OFFSET: else each is held against the rest of what is asked for before they are put in order.
    return select(matching.c.id).order_by(matching.c.id.desc()).offset(0).subquery("found")


def _all_in(line: Any, wanted: Sequence[Term]) -> ColumnElement[bool]:
    return and_(*(line.like(f"% {one.word}{'' if one.begins else ' '}%") for one in wanted))


@listens_for(Revision, "after_insert")
def _revised(_mapper: object, connection: Connection, revision: Revision) -> None:
    kind, source, before = connection.execute(_KNOWN.where(Reflection.id == revision.reflection_id)).one()
    by = words(f"{revision.author_name or ''} {revision.author_url or ''}")
    named = (revision.title, revision.site_name, revision.url or "", source or "")
    told = (*named, _sentence(revision), revision.text or "", revision.summary or "")
    now = [_KIND + kind, _TYPE + ("comment" if kind == Kind.COMMENT else revision.relation)]
    new = [*now, *(_BY + word for word in by), *by, *words(" ".join(told))]
    old = (word for word in (before or "").split() if not word.startswith(_OF_NOW))
    _keep(connection, revision.reflection_id, [*new, *old], before)


def _sentence(revision: Revision) -> str:
    """What stands around its link."""
    link = Evidence.from_json(revision.evidence).link if revision.evidence else None
    return f"{link.before}{link.text}{link.after}" if link else ""


@listens_for(Event, "after_insert")
def _happened(_mapper: object, connection: Connection, event: Event) -> None:
    """What is erased has no words any more; what could not be read has those of its address."""
    if event.went_to is State.ERASED:
        connection.execute(delete(Words).where(Words.reflection_id == event.reflection_id))
        _sweep(connection)
    elif event.went_to is State.FAILED:
        kind, source, before = connection.execute(_KNOWN.where(Reflection.id == event.reflection_id)).one()
        if before is None:
            _keep(connection, event.reflection_id, [_KIND + kind, _TYPE + "mention", *words(source or "")])


@listens_for(Post, "before_insert")
@listens_for(Post, "before_update")
def _named(_mapper: object, _connection: Connection, post: Post) -> None:
    post.said = _line(words(f"{post.title or ''} {post.url}"))


def sweep(session: Session) -> None:
    """Takes what was deleted out of SQLite's index; whatever writes words does so too."""
    _sweep(session.connection())


def _sweep(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.scalar(_ANY_GONE):
        connection.execute(_OUT_OF_INDEX)
        connection.execute(_GONE)


def _keep(connection: Connection, item: int, all_words: Iterable[str], before: str | None = None) -> None:
    row = {"reflection_id": item, "said": _line(all_words)}
    connection.execute(_WRITE[connection.dialect.name], row)
    if connection.dialect.name == "sqlite":
        _sweep(connection)
        if before is not None:
            connection.execute(_CHANGES, {"reflection_id": item, "said": before})
        connection.execute(_COMES, row)


def _upsert(insert: sqlite.Insert | postgresql.Insert) -> Executable:
    said = {"said": insert.excluded.said}
    return insert.on_conflict_do_update(index_elements=["reflection_id"], set_=said)


_WRITE = {"sqlite": _upsert(sqlite.insert(Words)), "postgresql": _upsert(postgresql.insert(Words))}
_COMES = text("INSERT INTO words_index (rowid, said) VALUES (:reflection_id, :said)")
_CHANGES = text("INSERT INTO words_index (words_index, rowid, said) VALUES ('delete', :reflection_id, :said)")
_ANY_GONE = text("SELECT EXISTS (SELECT * FROM words_gone)")
_OUT_OF_INDEX = text(
    "INSERT INTO words_index (words_index, rowid, said) SELECT 'delete', reflection_id, said FROM words_gone"
)
_GONE = text("DELETE FROM words_gone")


def _line(all_words: Iterable[str]) -> str:
    return f" {' '.join(list(dict.fromkeys(all_words))[:MOST_WORDS])} "
