"""A crowd: a blog with as many items as one likes, whose words are spread as words are, made by the database itself."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, text

from service.decide.search import words
from service.model import Post, Site, site
from service.model.engine import writing
from service.values import clean
from service.values.address import parse

BLOG = "https://blog.example/"
ON_A_POST = 100
"""Items, the first post's aside, which has one in twenty."""

TEXTS = 5000
FREQUENT, RARE, WAVE, ABSENT = "thanks", "zeppelin", "casino", "quetzalcoatl"
"""A word in a third of all items, one in five of a million, one in a wave of spam long ago, and one in none."""

SHARED = "mastodon.social"
"""The host of a quarter of them."""

_EPOCH = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
_RECEIVED = {
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%f', {_EPOCH} + n * 60, 'unixepoch') || '000'",
    "postgresql": f"to_timestamp({_EPOCH} + n * 60)",
}
_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :many)"
_STATE = """CASE WHEN n % 5000 = 0 THEN 'pending' WHEN n > :many / 10 AND n <= :many * 3 / 20 OR n % 10 < 3 THEN 'spam'
    WHEN n % 10 = 3 THEN 'rejected' ELSE 'approved' END"""
_KIND = "CASE WHEN n % 1000 = 0 THEN 'trackback' WHEN n % 50 = 1 THEN 'pingback' ELSE 'webmention' END"
_TYPE = "CASE WHEN n % 7 = 0 THEN 'like' WHEN n % 3 = 0 THEN 'reply' ELSE 'mention' END"
_ITEMS = f"""
INSERT INTO reflection (id, uid, site_id, post_id, kind, source, source_key, host, state, owner, received, checked,
    latest, shown, decided, attempts, deaths)
SELECT n, 'u' || n, :site, CASE WHEN n % 20 = 0 THEN :post ELSE :post + n % :posts END, {_KIND},
    'https://' || host || '/' || n, 'k' || n, host, state, false, received, received, 1,
    CASE WHEN state = 'approved' THEN 1 END, CASE WHEN state = 'pending' THEN NULL ELSE 1 END, 0, 0
FROM (SELECT n, {_STATE} AS state, {{received}} AS received,
    CASE WHEN n % 4 = 0 THEN '{SHARED}' ELSE 'host-' || (n % 50000) || '.example' END AS host FROM series) AS item
"""
_REVISIONS = f"""
INSERT INTO revision (reflection_id, number, made, made_by, relation, title, author_name, html, text, summary,
    site_name, welcome, signs, cleaned_by)
SELECT n, 1, {{received}}, 'source', {_TYPE}, '', 'Reader ' || (n % 20000), '<p>' || said || '</p>', said, '', '',
    false, '', {clean.VERSION}
FROM series JOIN said ON said.id = n % {TEXTS}
"""
_WORDS = f"""
INSERT INTO words (reflection_id, said)
SELECT n, ' \ue001' || {_KIND} || ' \ue002' || {_TYPE} || ' \ue000reader \ue000' || (n % 20000) || ' reader '
    || (n % 20000) || ' https example ' || n || CASE WHEN n % (:many / 5) = 7 THEN ' {RARE}' ELSE '' END
    || CASE WHEN n > :many / 10 AND n <= :many * 3 / 20 THEN ' {WAVE}' ELSE '' END || folded
FROM series JOIN said ON said.id = n % {TEXTS}
"""


def fill(engine: Engine, many: int) -> Site:
    """The blog, with so many items: past the ORM, which would take an hour for a million."""
    now = datetime.now(UTC)
    with writing(engine) as session:
        blog, _, _ = site.add(session, [parse(BLOG)], now)
        rows = [_post(blog, number, now) for number in range(many // ON_A_POST)]
        session.execute(insert(Post), rows)
        first = session.scalar(text("SELECT min(id) FROM post"))
        given = {"many": many, "site": blog.id, "post": first, "posts": len(rows)}
        _bulk(session.connection(), given)
    _settle(engine)
    return blog


def _bulk(connection: Connection, given: dict[str, object]) -> None:
    name = connection.dialect.name
    connection.execute(text("CREATE TEMPORARY TABLE said (id INTEGER PRIMARY KEY, said TEXT, folded TEXT)"))
    connection.execute(text("INSERT INTO said VALUES (:id, :said, :folded)"), _texts())
    if name == "postgresql":
        index = connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_words_tokens'"))
        connection.execute(text("DROP INDEX ix_words_tokens"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
    for statement in (_ITEMS, _REVISIONS, _WORDS):
        connection.execute(text(_into(statement, name)), given)
    if name == "postgresql":
        connection.execute(text(str(index)))
    else:
        connection.execute(text("INSERT INTO words_index (words_index) VALUES ('rebuild')"))


def _into(statement: str, dialect: str) -> str:
    """The statement with the series after its head, where both databases take it."""
    head, _, rest = statement.format(received=_RECEIVED[dialect]).strip().partition("\nSELECT")
    return f"{head}\n{_SERIES}\nSELECT{rest}"


def _settle(engine: Engine) -> None:
    """What PostgreSQL does by itself after a while."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _texts() -> list[dict[str, object]]:
    """Texts of 25 words out of 20,000, of which the few make most of it (Zipf's law)."""
    chance = random.Random(1)
    vocabulary = [f"{chance.choice('bdfgklmnprst')}{number:x}" for number in range(20_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    texts = [" ".join(chance.choices(vocabulary, weights, k=25)) for _ in range(TEXTS)]
    texts = [f"{said} {FREQUENT}" if number % 3 == 0 else said for number, said in enumerate(texts)]
    return [{"id": n, "said": said, "folded": f" {' '.join(words(said))} "} for n, said in enumerate(texts)]


def _post(blog: Site, number: int, now: datetime) -> dict[str, object]:
    url, title = f"{BLOG}{number}", f"About number {number}"
    said = f" {' '.join(words(f'{title} {url}'))} "
    return {"site_id": blog.id, "url": url, "title": title, "said": said, "exists": True, "created": now}
